#!/usr/bin/env bash
# What action.yml runs: a released wheelcheck on the paths it was given, then the outputs of the action.
set -euo pipefail

own_version() { sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$GITHUB_ACTION_PATH/wheelcheck/__init__.py"; }
if [[ $WHEELCHECK_VERSION == checkout ]]; then
  spec=$GITHUB_ACTION_PATH
else
  spec="wheelcheck==${WHEELCHECK_VERSION:-$(own_version)}"
fi

words=(check)
while IFS= read -r path; do
  [[ -z $path ]] || words+=("$path")
done <<<"$WHEELCHECK_PATHS"
[[ -z $WHEELCHECK_CONFIG ]] || words+=(--config "$WHEELCHECK_CONFIG")
[[ -z $WHEELCHECK_ARCHITECTURE ]] || words+=(--architecture "$WHEELCHECK_ARCHITECTURE")
[[ $WHEELCHECK_EACH != true ]] || words+=(--each)
[[ $WHEELCHECK_STRICT != true ]] || words+=(--strict)

files=()
report() {
  [[ -n $2 ]] || return 0
  words+=(--report "$1=$2")
  files+=("$2")
}
report html "$WHEELCHECK_HTML"
report json "$WHEELCHECK_JSON"
report sarif "$WHEELCHECK_SARIF"
report junit "$WHEELCHECK_JUNIT"
[[ ${#files[@]} == 0 ]] || rm -f -- "${files[@]}" # none of an earlier run

# Runners of GitHub have pipx; others may have uv instead.
run() {
  if command -v pipx >/dev/null; then
    pipx run --spec "$spec" wheelcheck "$@"
  elif command -v uvx >/dev/null; then
    uvx --from "$spec" wheelcheck "$@"
  else
    echo "::error::this runner has neither pipx nor uv: install one in a step before this action (astral-sh/setup-uv)"
    return 2
  fi
}
code=0
run "${words[@]}" || code=$?
case $code in
  0) verdict=pass ;;
  1) verdict=fail ;;
  *) verdict=unverified code=2 ;;
esac
end="end-of-reports-$RANDOM$RANDOM"
{
  printf 'verdict=%s\nexit-code=%s\nreports<<%s\n' "$verdict" "$code" "$end"
  for file in ${files[@]+"${files[@]}"}; do [[ ! -f $file ]] || printf '%s\n' "$file"; done
  printf '%s\n' "$end"
} >>"$GITHUB_OUTPUT"
exit "$code"
