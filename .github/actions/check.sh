#!/usr/bin/env bash
# What action.yml runs: wheelcheck from the action's own checkout, on the paths it was given, one per line.
set -euo pipefail
words=()
while IFS= read -r path; do
  [[ -z $path ]] || words+=("$path")
done <<<"$WHEELCHECK_PATHS"
[[ -z $WHEELCHECK_CONFIG ]] || words+=(--config "$WHEELCHECK_CONFIG")
[[ -z $WHEELCHECK_ARCHITECTURE ]] || words+=(--architecture "$WHEELCHECK_ARCHITECTURE")
[[ $WHEELCHECK_STRICT != true ]] || words+=(--strict)
exec pipx run --spec "$GITHUB_ACTION_PATH" wheelcheck check "${words[@]}"
