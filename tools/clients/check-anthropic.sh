#!/usr/bin/env bash
# Anthropic's Python client against the demo model. Needs anthropic 2 (pip install anthropic); PYTHON
# names the interpreter.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start_server --served-model-name lfm2-demo
BASE_URL=$base MODEL=lfm2-demo "${PYTHON:-python3}" "$(dirname "$0")/check_anthropic.py"
