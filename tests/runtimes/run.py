"""What /var/runtime/bootstrap.py of AWS does with its client."""
import os
import site
import sys

sys.path[0] = "/var/task"
sys.path.append("/var/task/_aws")

site.setquit()  # the interpreter runs without the module site, whose search costs a cold start too much

from awslambdaric import bootstrap  # noqa: E402
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient  # noqa: E402

sys.argv = [""]
bootstrap.run(os.environ["_HANDLER"], LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))
