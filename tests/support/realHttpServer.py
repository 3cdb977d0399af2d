"""Answers HTTP requests with the bytes that a table has for their paths: realHttpServer.py TABLE.json PORT. What it does is what httpServer.ts does."""
import json
import socket
import sys
import threading
import time

table = json.load(open(sys.argv[1]))
OTHER = {"raw": "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnone\n"}


def request(connection, data):
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, rest = data.split(b"\r\n\r\n", 1)
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"expect" in fields:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    length = int(fields.get(b"content-length", b"0"))
    while len(rest) < length:
        rest += connection.recv(65536)
    return head + b"\r\n\r\n" + rest[:length], rest[length:]


def serve(connection):
    data = b""
    with connection:
        while True:
            begin = connection.recv(5, socket.MSG_PEEK)
            if begin == b"OPTIO":
                return
            got = request(connection, data)
            if got is None:
                return
            asked, data = got
            method, path = asked.split(b" ")[:2]
            answer = table.get(path.decode().split("?")[0], OTHER)
            raw = answer["raw"].encode()
            if answer.get("echo"):
                head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
                raw = head % len(asked) + asked
            if method == b"HEAD":
                raw = raw.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n"
            connection.sendall(raw)
            time.sleep(answer.get("wait", 0))
            if answer.get("close"):
                return


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", int(sys.argv[2])))
listener.listen(9)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
