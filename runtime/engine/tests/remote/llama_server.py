"""Runs commands beside llama.cpp's own server, which the package xllamacpp ships.

    python3 llama_server.py MODEL.gguf COMMAND...

Each COMMAND is a line of shell. It finds the endpoint in REBOUND_ENDPOINT and
OPENAI_BASE_URL. The exit code is that of the first command that fails.
"""

import os
import subprocess
import sys

import xllamacpp

THREADS = int(os.environ.get("THREADS", "1"))
CONTEXT_TOKENS = 4096

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.port = 0  # any that is free
parameters.n_parallel = 2
parameters.n_ctx = CONTEXT_TOKENS * parameters.n_parallel
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = THREADS
server = xllamacpp.Server(parameters)

endpoint = server.listening_address.rstrip("/") + "/v1"
environment = dict(os.environ, REBOUND_ENDPOINT=endpoint, OPENAI_BASE_URL=endpoint)
environment.pop("OPENAI_API_KEY", None)
print("listening at", endpoint, flush=True)
codes = (subprocess.run(command, shell=True, env=environment).returncode for command in sys.argv[2:])
code = next((code for code in codes if code != 0), 0)
sys.stdout.flush()
os._exit(code)  # the server's threads would keep the program alive
