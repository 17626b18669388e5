#!/usr/bin/env bash
# Sends the server what its own description allows and what it forbids, and checks every answer:
# no fault of ours, a status and a body that are described, and wrong bodies refused.
# Needs schemathesis 4 (pip install schemathesis). Arguments go to schemathesis, such as
# --max-examples 500.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start_server
cd "$(mktemp -d)" # schemathesis keeps notes where it runs
schemathesis run "$base/openapi.json" --mode all \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection,unsupported_method \
  --header 'Content-Type: application/json' --request-timeout 120 --suppress-health-check all "$@"
