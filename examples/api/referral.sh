#!/bin/sh
# Send a document of your own system with curl, and see what became of it.
#   REFERWORKS_URL=http://localhost:8470 REFERWORKS_KEY=rw_live_… sh referral.sh document.json [connection]
set -eu
document=$1
connection=${2:-}

ask() { curl -sS --fail-with-body -H "Authorization: Bearer $REFERWORKS_KEY" "$@"; }
word() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1; } # the first member of that name

# 1. Post the document as your system writes it. The same Idempotency-Key never sends twice, so try again after an error.
posted=$(ask -X POST "$REFERWORKS_URL/v1/referrals?connection=$connection" \
  -H 'Content-Type: application/json' -H "Idempotency-Key: curl-$$-$(date +%s)" --data-binary "@$document")

# 2. The answer says who got it, and what the conversion kept, changed and lost.
id=$(printf '%s' "$posted" | sed 's/.*"referrals"://' | word id)
[ -n "$id" ] || { echo "It waits for a person: $posted"; exit 1; }
echo "posted $id"
echo "report $(printf '%s' "$posted" | grep -c '"report"') of the conversion is in the answer"

# 3. List what was sent, newest first.
ask "$REFERWORKS_URL/v1/referrals?direction=out&limit=5" | grep -q "\"$id\"" && echo "listed among the newest"

# 4. Wait for the event that it was delivered. Keep the last number that you have seen, and go on behind it.
after=0
delivered=
while [ -z "$delivered" ]; do
  events=$(ask "$REFERWORKS_URL/v1/events?after=$after&limit=1000&wait=true")
  delivered=$(printf '%s' "$events" | tr '{' '\n' | grep "\"subject\":\"$id\"" | grep -o '"referral\.delivered[a-z-]*"\|"referral\.refused"' | head -n 1 || true)
  next=$(printf '%s' "$events" | word next)
  after=${next:-$after}
done
echo "event $delivered"

# 5. Read the referral: where it stands, and what it says in the common standard.
echo "state $(ask "$REFERWORKS_URL/v1/referrals/$id" | word state)"
ask "$REFERWORKS_URL/v1/referrals/$id/content" | grep -q '"needs"' && echo "read its needs"
