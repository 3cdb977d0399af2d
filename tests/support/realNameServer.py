"""Answers DNS questions with the messages of a table, by UDP: realNameServer.py TABLE.json ADDRESS. Questions that the table has not are not answered."""
import json
import socket
import sys

table = json.load(open(sys.argv[1]))
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind((sys.argv[2], 53))
while True:
    query, client = listener.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    answer = table.get("%s %d" % (".".join(labels), query[at + 1] * 256 + query[at + 2]))
    if answer is not None:
        message = bytearray(bytes.fromhex(answer))
        message[0:2] = query[0:2]
        # RD is copied from the question.
        message[2] = message[2] & 0xFE | query[2] & 1
        listener.sendto(bytes(message), client)
