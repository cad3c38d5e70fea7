"""The smallest container that keeps SageMaker's contract: answers what its environment tells it to.

A test double for the endpoint front and the process handling; the real one is `sagemaker_container`.
The request's JSON may hold ``status`` (HTTP status of the answer) and ``crash``.
"""

import os
import signal

from flask import Flask, Response, jsonify, request
from waitress import serve

application = Flask(__name__)


@application.get("/ping")
def ping() -> Response:
    return Response(status=200)


@application.post("/invocations")
def invocations() -> Response:
    asked = request.get_json(silent=True) or {}
    if asked.get("crash"):
        os.kill(os.getpid(), signal.SIGKILL)
    answer = jsonify(
        received=request.get_data(as_text=True),
        inference_id=request.headers.get("X-Amzn-SageMaker-Inference-Id"),
        custom_attributes=request.headers.get("X-Amzn-SageMaker-Custom-Attributes"),
    )
    answer.status_code = asked.get("status", 200)
    return answer


if __name__ == "__main__":
    serve(application, host=os.environ["BIND_HOST"], port=int(os.environ["PORT"]))
