"""``python -m infra.ops``."""

from infra.ops.app import app

if __name__ == "__main__":
    app(prog_name="python -m infra.ops")
