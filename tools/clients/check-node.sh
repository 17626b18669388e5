#!/usr/bin/env bash
# OpenAI's client for Node against the demo model. Needs the npm package openai 6, installed where
# NODE_PATH or a node_modules folder above the script has it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start_server
BASE_URL=$base/v1 node "$(dirname "$0")/check_openai.cjs"
