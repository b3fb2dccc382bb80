"""A program that takes Referworks' webhooks: it checks the signature, works each event once, and answers.

WEBHOOK_SECRET=whsec_... python3 webhook.py [PORT]
"""
import base64, hashlib, hmac, json, os, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer


def verify(secrets, headers, body):
    """Tell whether one of our secrets signed this body, not longer ago than five minutes."""
    id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdigit() or abs(time.time() - int(at)) > 300:
        return False
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
        want = "v1," + base64.b64encode(mac).decode()
        for got in headers.get("webhook-signature", "").split():
            if hmac.compare_digest(got.encode(), want.encode()):
                return True
    return False


secrets = os.environ["WEBHOOK_SECRET"].split()
known = set()  # yours is a table with a unique column, written together with what you do


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), 1 << 20))
        if not verify(secrets, self.headers, body):
            return self.answer(401)
        event, id = json.loads(body), self.headers["webhook-id"]
        print("again" if id in known else event["type"], flush=True)
        known.add(id)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 3000), Hook)
print(f"http://127.0.0.1:{server.server_port}/hook", flush=True)
server.serve_forever()
