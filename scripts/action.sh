#!/usr/bin/env bash
# The GitHub Action: installs goleak-lsp from its own checkout and runs `check` on the inputs,
# which come as environment variables. GOLEAK_LSP names an installed program to use instead.
set -euo pipefail

# lines OPTION TEXT: adds every line of a text that is not empty to the arguments, after OPTION if there is one.
lines() {
  local line
  while IFS= read -r line; do
    line=${line%$'\r'}
    [[ -z ${line//[[:space:]]/} ]] && continue
    arguments+=(${1:+"$1"} "$line")
  done <<<"$2"
}

program=${GOLEAK_LSP:-}
if [[ -z $program ]]; then
  venv=${RUNNER_TEMP:-/tmp}/goleak-lsp
  "${INPUT_PYTHON:-python}" -m venv "$venv"
  bin=$venv/bin
  [[ -d $bin ]] || bin=$venv/Scripts
  install=("$bin/python" -m pip --disable-pip-version-check install --quiet)
  "${install[@]}" --require-hashes -r "$GITHUB_ACTION_PATH/requirements/run.txt"
  "${install[@]}" --no-deps "$GITHUB_ACTION_PATH"
  program=$bin/goleak-lsp
fi

arguments=(--root "${INPUT_ROOT:-.}")
[[ -n ${INPUT_BASE:-} ]] && arguments+=(--base "$INPUT_BASE")
[[ -n ${INPUT_ACCEPTED:-} ]] && arguments+=(--accepted "$INPUT_ACCEPTED")
[[ ${INPUT_LABELS:-} == true ]] && arguments+=(--labels)
lines --config "${INPUT_CONFIG:-}"
lines --header "${INPUT_HEADERS:-}"
arguments+=(--)
lines "" "${INPUT_SOURCES:-}"

check() { "$program" check --fail-on "$1" --format "$2" "${arguments[@]}"; }

# The annotations are printed, and their exit status is the job's; the other forms are beside them.
status=0
check "${INPUT_FAIL_ON:-growing}" github || status=$?
if [[ -n ${INPUT_SARIF:-} ]]; then
  check never sarif >"$INPUT_SARIF" 2>/dev/null || true
fi
if [[ -n ${GITHUB_OUTPUT:-} ]]; then
  count='import json, sys; print("findings=%d" % len(json.load(sys.stdin)["findings"]))'
  { check never json 2>/dev/null || true; } | "${INPUT_PYTHON:-python}" -c "$count" >>"$GITHUB_OUTPUT" 2>/dev/null || true
fi
if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then
  # The report is indented: in a block of code nothing in it is Markdown.
  { echo "### Goroutine leaks" && echo && { check never text 2>/dev/null || true; } | sed 's/^/    /'; } >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
