#!/bin/sh
# Bring the reference tables up to date, rebuild every crosswalk, and write what changed as Markdown.
#
#   STORE=store OUT=out SYSTEMS="bnssg" UPDATE="--url registrations=https://…" sh monthly-refresh.sh
#
# Exit codes: 0 nothing changed · 5 something did (changes.md says what) · 4 a check found errors · 3 a download failed.
set -u
: "${STORE:=store}" "${OUT:=out}" "${REPORT:=changes.md}" "${SYSTEMS:=}" "${UPDATE:=}" "${PLACEMAP:=placemap}"
[ -n "$SYSTEMS" ] || SYSTEMS=$($PLACEMAP list --json | grep '"config"' | sed 's/.*: "\(.*\)",*/\1/')

worst=0
keep() { # remember the code that matters most: errors before failed downloads, these before changes
    for code in 1 130 4 3 2 5; do
        if [ "$1" = "$code" ] || [ "$worst" = "$code" ]; then worst=$code; return; fi
    done
}

rm -rf "$OUT.before"
[ -d "$OUT" ] && cp -R "$OUT" "$OUT.before"
rm -rf "$STORE.before"
[ -d "$STORE" ] && cp -R "$STORE" "$STORE.before"

# shellcheck disable=SC2086 # UPDATE and SYSTEMS hold several words
$PLACEMAP data update $UPDATE --to "$STORE"
keep $?
$PLACEMAP data verify --data "$STORE" || keep $?

if [ -d "$STORE.before" ]; then
    $PLACEMAP data diff "$STORE.before" "$STORE" > "$REPORT"
    keep $?
else
    echo "The first set of reference tables." > "$REPORT"
    keep 5
fi

# shellcheck disable=SC2086
$PLACEMAP build $SYSTEMS --all --data "$STORE" --out "$OUT"
keep $?

if [ -d "$OUT.before" ]; then
    for new in "$OUT"/*/*/; do
        old="$OUT.before/${new#"$OUT"/}"
        [ -d "$old" ] || continue
        if [ -f "$new/FAILED.md" ]; then # the build has said so already
            echo "${new#"$OUT"/} could not be built." >> "$REPORT"
            continue
        elif [ -f "$old/FAILED.md" ]; then
            echo "${new#"$OUT"/} is built again, after it could not be." >> "$REPORT"
            keep 5
            continue
        fi
        { echo; $PLACEMAP diff "$old" "$new" --format markdown; } >> "$REPORT"
        keep $?
    done
fi

rm -rf "$OUT.before" "$STORE.before"
exit "$worst"
