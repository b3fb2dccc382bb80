"""Send a document of your own system with Python's standard library, and see what became of it.

REFERWORKS_URL=http://localhost:8470 REFERWORKS_KEY=rw_live_… python3 referral.py document.json [connection]
"""
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid

URL = os.environ["REFERWORKS_URL"]
KEY = os.environ["REFERWORKS_KEY"]


def ask(path, body=None, **headers):
    """Ask the node; what it refuses says why and what to do, in "detail"."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(URL + path, data=body, headers={"Authorization": "Bearer " + KEY, **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        sys.exit(json.load(refused)["detail"])


document = open(sys.argv[1], "rb").read()
connection = urllib.parse.quote(sys.argv[2] if len(sys.argv) > 2 else "")

# 1. Post the document as your system writes it. The same Idempotency-Key never sends twice, so try again after an error.
posted = ask("/v1/referrals?connection=" + connection, document, Content_Type="application/json", Idempotency_Key=str(uuid.uuid4()))
if not posted.get("referrals"):
    sys.exit("It waits for a person: " + posted.get("sentence", ""))
id = posted["referrals"][0]["id"]
print("posted", id)

# 2. The answer says what the conversion kept, changed and lost.
kept = [field for field in posted["report"].get("fields", []) if field.get("status") not in ("", "empty", None)]
print("report:", len(kept), "fields matched")

# 3. List what was sent, newest first.
newest = ask("/v1/referrals?direction=out&limit=5")["items"]
print("listed:", any(row["id"] == id for row in newest))

# 4. Wait for the event that it was delivered. Keep the last number that you have seen, and go on behind it.
after, done = "0", None
while done is None:
    events = ask("/v1/events?limit=1000&wait=true&after=" + after)
    done = next((e["kind"] for e in events["items"] if e.get("subject") == id and (e["kind"].startswith("referral.delivered") or e["kind"] == "referral.refused")), None)
    after = events.get("next") or after
print("event", done)

# 5. Read the referral: where it stands, and what it says in the common standard.
print("state", ask("/v1/referrals/" + id)["state"])
print("needs:", len(ask("/v1/referrals/" + id + "/content")["needs"]))
