#!/bin/sh
# Build the wheel, install it alone into a new environment, and let it judge a sample: what is
# tested in a checkout may lack files once installed.
set -eu
python=$1
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$python" -m build --wheel --outdir "$work/dist" "$root" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet dist/*.whl
"$work/venv/bin/edge-app" rules check
"$work/venv/bin/edge-app" model list --state "$work/state" --json | grep -q '"name": *"deepseek-r1-distill-qwen-1.5b"'
"$work/venv/bin/edge-app" rules test
"$work/venv/bin/edge-app" process "$root/samples" --state "$work/state" --model none --json >"$work/out.jsonl"
test "$(wc -l <"$work/out.jsonl")" -ge 50
echo "wheel: $(ls dist) judged $(wc -l <"$work/out.jsonl") files"
