"""Headers that the distribution adds to a request before it reaches the API."""

# Proves that a request came through the distribution; CloudFront replaces what a viewer sends by this name.
ORIGIN_VERIFY_HEADER = "x-origin-verify"

# The viewer's IP address, which the gateway cannot see behind the distribution.
VIEWER_ADDRESS_HEADER = "x-viewer-address"
