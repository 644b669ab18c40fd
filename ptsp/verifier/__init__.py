"""`ptsp-verify`: says of an exported ledger what holds, what does not, and what could not be checked.

For auditors: it believes nothing that the platform says of itself. It imports nothing of the platform, only the
standard library, `cryptography` and `asn1crypto`, and reckons everything again. The folder may be copied and run alone.

An export is a ZIP file of six members. Each `.jsonl` has one JSON object a line, with sorted keys and no spaces.

- `export.json`: format, version, tenant, tenant_id, exported_at, and how many lines the others have.
- `bundles.jsonl`: bundle, last_event, head; by bundle. Where the database says that each chain ends.
- `events.jsonl`: bundle, seq, at, type, body, hash; by bundle and seq. `hash` is SHA-256 of the hash before and of
  `body`, hexadecimal; before the first are 32 zero bytes. `body` is JSON and names tenant, bundle, seq, at and type.
- `leaves.jsonl`: day, bundle, seq, hash; by day and bundle. Where a chain stood that had grown since the head before.
- `heads.jsonl`: day, statement, signature (base64 of DER: CMS, detached), stamp (base64 of an RFC 3161 token over the
  DER of the signature, or null); by day.
- `certificates.pem`: the certificates in the signatures, by SHA-256.

A statement is JSON. `root` is the root of the tree of RFC 6962, 2.1, over the newest leaf of every bundle by then, by
bundle: 16 bytes of its id, 8 of seq (big end first), 32 of its hash. `bundles` counts them, `events` adds up seq,
`grown` counts the leaves of that day, and `grown_hash` is SHA-256 of these. `previous` is SHA-256 of the statement
before. `breaks` are chains which, when it was made, no longer passed through where they had stood.
"""
