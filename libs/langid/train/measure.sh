#!/bin/sh
# measure.sh BIN DATA CACHE: trains on four fifths of DATA/languages/train.jsonl.gz and measures on the last.
set -eu
"$(dirname "$0")/texts.sh" "$3"
exec "$1/langid_train" --texts "$2/languages/train.jsonl.gz" --other "$3/other.jsonl" --other "$3/words.jsonl" \
  --out "$3/held-out.model" --hold-out 0.2 --news "$2"
