"""``python -m benchmarks``: every measurement."""

import sys

from benchmarks import service_overhead

if __name__ == "__main__":
    sys.exit(service_overhead.main())
