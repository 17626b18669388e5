#!/usr/bin/env bash
# OpenAI's Python client against the demo model. Needs openai 2 (pip install openai); PYTHON names
# the interpreter.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start_server
BASE_URL=$base/v1 "${PYTHON:-python3}" "$(dirname "$0")/check_openai.py"
BASE_URL=$base/v1 "${PYTHON:-python3}" "$(dirname "$0")/check_responses.py"
