# SPDX-License-Identifier: Apache-2.0
"""A simulated org for one test file, and the way that clients find it under Salesforce's own host names."""

import json
import os
import select
import socket
import subprocess
import threading
import urllib.request

# Clients that cannot be told where to sign in ask these.
SALESFORCE_HOSTS = ("login.salesforce.com", "test.salesforce.com", "orgsim.my.salesforce.com")


class Org:
    """A running org. Attributes are those of its start line."""

    def __init__(self, *options):
        command = [os.environ["ORGSIM_BINARY"], "--port", "0", *options]
        if "--tls" in options:
            command += [part for host in SALESFORCE_HOSTS for part in ("--tls-name", host)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        start_line = self._process.stdout.readline()
        if not start_line:
            raise RuntimeError("the simulated org did not start")
        self.__dict__.update(json.loads(start_line))
        self.scheme, _, self.address = self.base_url.partition("://")
        self.port = int(self.address.rpartition(":")[2])
        self.api_name = "orgsim.my.salesforce.com"

    def stop(self):
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()

    def control(self, path, body=None):
        """Asks the control API, which is no part of Salesforce's."""
        request = urllib.request.Request(
            f"{self.control_url}/{path}",
            headers={"X-Orgsim-Token": self.control_token, "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or "null")


class Gateway:
    """A proxy that leads calls for Salesforce's host names to an org on this machine."""

    def __init__(self, org):
        self._org = org
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._lead, args=(caller,), daemon=True).start()

    def _lead(self, caller):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = caller.recv(4096)
            if not piece:
                return
            head += piece
        host = head.split()[1].decode().partition(":")[0]
        if not head.startswith(b"CONNECT ") or host not in SALESFORCE_HOSTS:
            caller.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            caller.close()
            return
        org = socket.create_connection(("127.0.0.1", self._org.port))
        caller.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with caller, org:
            _carry(caller, org)


def _carry(one, other):
    towards = {one: other, other: one}
    while True:
        for readable in select.select(list(towards), [], [])[0]:
            try:
                piece = readable.recv(65536)
                if not piece:
                    return
                towards[readable].sendall(piece)
            except OSError:
                return
