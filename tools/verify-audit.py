#!/usr/bin/env python3
"""Verifies an audit log that `wirken audit export` wrote: every hash, chain, head, checkpoint and opening, with the public key of the log
and Python's standard library alone. The format is docs/audit-format.md. Exit codes: 0 all good, 10 what rows commit to is not what is
there, 11 chain, head or tree broken, 12 nothing to verify or unreadable."""
import argparse, base64, decimal, hashlib, json, re, sys

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
COLUMNS = ["id", "session", "seq", "ts", "actor", "action", "channel", "payload", "prev_hash", "payload_hash", "hash"]
HEX, TIME = re.compile(r"[0-9a-f]{64}\Z"), re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z", re.ASCII)
SESSION = re.compile(r"[a-z0-9][a-z0-9._:-]{0,127}\Z")
EXIT = {"content": 10, "broken": 11, "unreadable": 12}
found = {}


def report(kind, where, what):
    found[kind] = found.get(kind, 0) + 1
    if found[kind] <= 20:
        print(f"{where}: {what}")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# Ed25519, strict: RFC 8032 without cofactor, no second form of anything, no key or point of small order.
def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = add(q, p)
        p, n = add(p, p), n >> 1
    return q


def encoded(p):
    inverse = pow(p[2], -1, P)
    return (p[1] * inverse % P | (p[0] * inverse % P & 1) << 255).to_bytes(32, "little")


def point(data):
    y, sign = int.from_bytes(data, "little") & (1 << 255) - 1, data[31] >> 7
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    x = x if x * x % P == x2 else x * ROOT % P
    if y >= P or x * x % P != x2 or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    p = (x, y, 1, x * y % P)
    return None if encoded(times(8, p)) == encoded((0, 1, 1, 0)) else p


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(key, message, signature):
    a, s = point(key), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or s >= L or point(signature[:32]) is None:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    minus = (P - a[0], a[1], 1, P - a[3])
    return encoded(add(times(s, BASE), times(h, minus))) == signature[:32]


# The Merkle tree of RFC 6962: the right edge of it, and the way from a leaf to a root.
def node(left, right):
    return sha256(b"\1", left, right)


def push(edge, leaf):
    edge.append((1, leaf))
    while len(edge) > 1 and edge[-1][0] == edge[-2][0]:
        (n, right), (_, left) = edge.pop(), edge.pop()
        edge.append((2 * n, node(left, right)))


def root(edge):
    whole = edge[-1][1] if edge else sha256()
    for _, left in edge[-2::-1]:
        whole = node(left, whole)
    return whole


def climbed(index, size, leaf, path):
    last = size - 1
    for sibling in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            leaf = node(sibling, leaf)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            leaf = node(leaf, sibling)
        index, last = index >> 1, last >> 1
    return leaf if last == 0 else None


# JSON, and its canonical form: RFC 8785.
def once(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a member twice")
    return dict(pairs)


def parsed(text):
    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=float.fromhex)
    except (ValueError, RecursionError):
        return None


def canonical(value):
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, int) and abs(value) >= 2**53 and not isinstance(value, bool):
        raise ValueError("an integer beyond 2^53")
    if not isinstance(value, float):
        json.dumps(value, ensure_ascii=False).encode()
        return json.dumps(value, ensure_ascii=False)
    _, digits, exponent = decimal.Decimal(repr(value)).normalize().as_tuple()
    text, n, sign = "".join(map(str, digits)), len(digits) + exponent, "-" if value < 0 else ""
    if value == 0 or len(digits) <= n:
        raise ValueError("an integer that is not written as one")
    if 0 < n <= 21:
        return f"{sign}{text[:n]}.{text[n:]}"
    if -6 < n <= 0:
        return f"{sign}0.{'0' * -n}{text}"
    return f"{sign}{text[0]}{'.' if text[1:] else ''}{text[1:]}e{'+' if n > 0 else '-'}{abs(n - 1)}"


def is_canonical(text):
    try:
        return canonical(json.loads(text, object_pairs_hook=once, parse_constant=float.fromhex)) == text
    except (ValueError, RecursionError, decimal.InvalidOperation):
        return False


def checkpoint(note, key):
    """Size and root of a signed note of this log. Raises ValueError with why it is none."""
    text, blank, signatures = note.rpartition("\n\n")
    origin, lines = f"wirken/audit/{key.hex()}", text.split("\n")
    if not blank or not note.endswith("\n") or len(lines) < 3 or lines[0] != origin or "" in lines:
        raise ValueError("it is no note of this log")
    top = base64.b64decode(lines[2], validate=True)
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1], re.ASCII) or len(top) != 32:
        raise ValueError("it is no checkpoint")
    key_id, own = sha256(f"{origin}\n".encode(), b"\1", key)[:4], []
    for line in signatures[:-1].split("\n"):
        dash, name, data = (line.split(" ") + ["", ""])[:3]
        data = base64.b64decode(data, validate=True)
        if dash != "\u2014" or not name or len(data) < 5:
            raise ValueError("a line of it that should be a signature is none")
        own += [data[4:]] if name == origin and data[:4] == key_id else []
    if not own or not all(signed(key, f"{text}\n".encode(), data) for data in own):
        raise ValueError("the key of this log has not signed it")
    return int(lines[1]), top


def check_row(row):
    """Everything that a row says by itself. Answers its detail, or None."""
    where = f"row {row['id']}"
    if hashlib.sha256(row["payload"].encode()).hexdigest() != row["payload_hash"]:
        report("broken", where, "its payload is not the one whose hash it has")
    if hashlib.sha256((row["prev_hash"] + row["payload_hash"]).encode()).hexdigest() != row["hash"]:
        report("broken", where, "its hash is not the one of prev_hash and payload_hash")
    payload = parsed(row["payload"])
    if not is_canonical(row["payload"]) or not isinstance(payload, dict):
        report("broken", where, "its payload is not canonical JSON")
        return None
    said = {"action": row["action"], "actor": row["actor"], "session": {"full": row["session"]}, "ts": row["ts"]}
    said |= {"detail": payload.get("detail")} | ({} if row["channel"] is None else {"channel": row["channel"]})
    if payload != said or not isinstance(said["detail"], dict) or not TIME.match(row["ts"]) or not SESSION.match(row["session"]):
        report("broken", where, "its columns are not what its payload says")
        return None
    return payload["detail"]


def check_head(row, detail, state, key):
    first, last, before, at, sig = (detail.get(name) for name in ("first_seq", "last_seq", "prev_hash", "hash", "sig"))
    where = f"row {row['id']}"
    if detail.get("key") != key.hex():
        return report("broken", where, "it is a head of another key")
    try:
        session = row["session"].encode()
        message = b"wirken/audit-head/v1\0" + len(session).to_bytes(4, "little") + session
        message += first.to_bytes(8, "little") + last.to_bytes(8, "little")
        message += (bytes.fromhex(before) if before else bytes(32)) + bytes.fromhex(at)
        is_signed = signed(key, message, bytes.fromhex(sig))
    except (AttributeError, TypeError, ValueError, OverflowError):
        return report("broken", where, "it is a head without the members of one")
    if not is_signed:
        report("broken", where, "its signature is none of this log over these rows of this session")
    elif (first, last, before, at) != (state["head_last"] + 1, row["seq"] - 1, state["head_hash"], state["hash"]):
        report("broken", where, f"it attests other rows than the ones before it: between {first} and {last} of the session something was changed")


def check_openings(row, detail, openings, missing):
    wanted = {}
    for name, value in detail.items():
        if isinstance(value, dict) and list(value) == ["$c"] and HEX.match(str(value["$c"])):
            wanted["/detail/" + name.replace("~", "~0").replace("/", "~1")] = value["$c"]
    for opening in openings:
        pointer, salt, value = opening["pointer"], opening["salt"], opening["value"]
        digest = wanted.pop(pointer, None)
        if not HEX.match(str(salt)) or sha256(bytes.fromhex(salt), value.encode()).hex() != digest or not is_canonical(value):
            report("content", f"row {row['id']}", f"what opens {pointer} is not what the row commits to")
    missing.update((pointer, row["id"]) for pointer in wanted)


def parsed_row(line):
    row = parsed(line.decode())
    openings = row.pop("openings", None)
    texts = [row[name] for name in COLUMNS if name not in ("id", "seq", "channel")]
    if set(row) != set(COLUMNS) or not all(isinstance(text, str) for text in texts + [row["channel"] or ""]):
        raise ValueError
    if type(row["id"]) is not int or type(row["seq"]) is not int or min(row["id"], row["seq"]) < 1:
        raise ValueError
    for opening in openings or []:
        if set(opening) != {"pointer", "salt", "value"} or not all(isinstance(text, str) for text in opening.values()):
            raise ValueError
    return row, openings


def check_export(lines, key, session, sizes, proven):
    """Checks every row. Answers how many there are, the roots of the tree at the given sizes, and the hash of the row of that id."""
    states, edge, roots, missing, last_id, count, kept = {}, [], {0: sha256()}, set(), 0, 0, None
    for number, line in enumerate(lines, 1):
        try:
            row, openings = parsed_row(line)
        except (ValueError, KeyError, TypeError, AttributeError):
            report("unreadable", f"line {number}", "it is no row" + ("" if line.endswith(b"\n") else ": the export is cut in the middle"))
            continue
        if session is not None and row["session"] != session:
            continue
        where, count = f"row {row['id']}", count + 1
        if session is None and row["id"] != last_id + 1:
            report("broken", where, f"it follows row {last_id}: rows are missing, swapped or twice")
        last_id, detail = max(last_id, row["id"]), check_row(row)
        state = states.setdefault(row["session"], {"seq": 0, "hash": "", "head_last": 0, "head_hash": "", "tail": 0})
        if row["seq"] != state["seq"] + 1:
            report("broken", where, f"it is row {row['seq']} of its session, and comes after row {state['seq']}")
        if row["prev_hash"] != state["hash"]:
            report("broken", where, "its prev_hash is not the hash of the row before it in its session")
        if row["action"] == "chain.head":
            if detail is not None:
                check_head(row, detail, state, key)
            state.update(head_last=row["seq"] - 1, head_hash=state["hash"], tail=-1)
        if detail is not None and openings is not None:
            check_openings(row, detail, openings, missing)
        if row["action"] == "audit.redacted" and detail is not None:
            missing = still_missing(missing, detail, row["id"])
        state.update(seq=max(row["seq"], state["seq"]), hash=row["hash"], tail=state["tail"] + 1)
        push(edge, sha256(b"\0", bytes.fromhex(row["hash"]) if HEX.match(row["hash"]) else b""))
        if last_id in sizes and last_id == count:
            roots[last_id] = root(edge)
        kept = row["hash"] if row["id"] == proven else kept
    for pointer, row_id in sorted(missing, key=lambda gone: gone[1]):
        report("content", f"row {row_id}", f"unverifiable: what opens {pointer} is gone and no row says that it was redacted")
    if count == 0:
        report("unreadable", "the export", "there is nothing to verify")
    for name, state in states.items():
        if state["tail"]:
            print(f"note: {state['tail']} rows of {name} come after its last head; only a checkpoint over them attests them")
    return count, roots, kept


def still_missing(missing, detail, before):
    """Without what a row of that id says was redacted: one pointer, and ids as 3-7,12."""
    spans = re.findall(r"(\d+)(?:-(\d+))?", str(detail.get("rows")), re.ASCII)
    spans = [(int(first), min(int(last or first), before - 1)) for first, last in spans]
    return {(p, i) for p, i in missing if p != detail.get("pointer") or not any(a <= i <= b for a, b in spans)}


def check_proof(proof, key):
    """That the row of a proof stands in a log of this key. Answers the row."""
    row, (size, top) = proof["row"], checkpoint(proof["checkpoint"], key)
    path = [base64.b64decode(sibling, validate=True) for sibling in proof["hashes"]]
    leaf, index = sha256(b"\0", bytes.fromhex(row["hash"])), row["id"] - 1
    check_row(row)
    good = proof["kind"] == "wirken/audit-row-proof/v1" and (proof["index"], proof["size"]) == (index, size)
    if not good or not 0 <= index < size or climbed(index, size, leaf, path) != top:
        raise ValueError("its row does not stand in the log of its checkpoint")
    return row


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("export", metavar="EXPORT", nargs="?", help="what `wirken audit export` wrote")
    options.add_argument("--key", required=True, help="the log's public key, 64 hex digits, from elsewhere than the export")
    options.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help="one that was kept elsewhere")
    options.add_argument("--proof", metavar="FILE", help="what `wirken audit prove` wrote")
    options.add_argument("--session", metavar="ID", help="only this session: its chain and heads, not the tree")
    given = options.parse_args()
    key = bytes.fromhex(given.key) if HEX.match(given.key) else b""
    if len(key) != 32 or point(key) is None:
        options.error("a key is 64 lowercase hex digits of a point that is not of small order")
    heads, row, rows, roots, kept = {}, None, 0, {}, None
    for name in given.checkpoint:
        try:
            with open(name, encoding="utf-8", newline="") as note:
                heads[name] = checkpoint(note.read(), key)
        except (OSError, ValueError) as error:
            report("broken", name, error)
    if given.proof is not None:
        try:
            with open(given.proof, encoding="utf-8") as proof:
                row = check_proof(parsed(proof.read()), key)
            print(f"the proof holds for row {row['id']}")
        except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
            report("broken", given.proof, f"it is no proof of this log: {error}")
    try:
        if given.export is not None:
            with open(given.export, "rb") as lines:
                sizes = {size for size, _ in heads.values()}
                rows, roots, kept = check_export(lines, key, given.session, sizes, row and row["id"])
    except OSError as error:
        report("unreadable", given.export, error)
    for name, (size, top) in heads.items() if given.export and given.session is None else []:
        if size > rows:
            report("broken", name, f"signed over {size} rows, and there are {rows}: the end was cut off, or an older copy put back")
        elif roots.get(size) != top:
            report("broken", name, f"the rows 1 to {size} are not the ones over which it was signed")
    if kept is not None and kept != row["hash"]:
        report("broken", given.proof, f"row {row['id']} of the export is another one than the proof's")
    if given.export and not heads:
        print("note: without a checkpoint kept elsewhere, rows cut off at the end do not show")
    code = next((EXIT[kind] for kind in ("broken", "unreadable", "content") if kind in found), 0)
    print(f"{rows} rows, {sum(found.values())} findings" if found else f"{rows} rows: OK")
    return code


if __name__ == "__main__":
    sys.exit(main())
