"""One module per AWS service; each implements a port of `lambdas.core.ports`."""
