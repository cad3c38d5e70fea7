"""The domain: pure Python that knows the contract and the ports, and no AWS SDK."""
