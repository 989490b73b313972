/** `application_id` of the log: the letters WKNA. */
export const APPLICATION_ID = 0x574b4e41;
/** `user_version`; a higher one was written by a newer program. */
export const SCHEMA_VERSION = 1;

/**
 * The whole schema. Whoever inserts gives `id`, `seq` and `prev_hash`; the trigger refuses what does not go on where the log stands, and
 * with it every insert over a row that is there, `INSERT OR REPLACE` included, whatever the connection's pragmas are.
 */
export const SCHEMA = `
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  session TEXT NOT NULL,
  seq INTEGER NOT NULL,
  ts TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  channel TEXT,
  payload TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  payload_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_session ON events (session, seq);
CREATE INDEX events_heads ON events (session, seq) WHERE action = 'chain.head';

CREATE TRIGGER events_next BEFORE INSERT ON events
WHEN NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM events)
  OR NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events WHERE session = NEW.session)
  OR NEW.prev_hash IS NOT coalesce((SELECT hash FROM events WHERE session = NEW.session AND seq = NEW.seq - 1), '')
BEGIN SELECT RAISE(ABORT, 'events takes only the next row'); END;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;

CREATE TABLE openings (
  event_id INTEGER NOT NULL REFERENCES events (id),
  pointer TEXT NOT NULL,
  salt BLOB NOT NULL,
  value TEXT NOT NULL,
  blob TEXT,
  PRIMARY KEY (event_id, pointer)
) STRICT, WITHOUT ROWID;
CREATE INDEX openings_by_blob ON openings (blob) WHERE blob IS NOT NULL;
CREATE TRIGGER openings_once BEFORE INSERT ON openings
WHEN EXISTS (SELECT 1 FROM openings WHERE event_id = NEW.event_id AND pointer = NEW.pointer)
BEGIN SELECT RAISE(ABORT, 'an opening is written once'); END;
CREATE TRIGGER openings_no_update BEFORE UPDATE ON openings
BEGIN SELECT RAISE(ABORT, 'an opening is written once'); END;

CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  encoding TEXT NOT NULL CHECK (encoding IN ('raw', 'zstd')),
  data BLOB NOT NULL
) STRICT;
CREATE TRIGGER blobs_once BEFORE INSERT ON blobs
WHEN EXISTS (SELECT 1 FROM blobs WHERE sha256 = NEW.sha256)
BEGIN SELECT RAISE(ABORT, 'a blob is written once'); END;
CREATE TRIGGER blobs_no_update BEFORE UPDATE ON blobs
BEGIN SELECT RAISE(ABORT, 'a blob is written once'); END;

CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL, ts TEXT NOT NULL) STRICT;
CREATE TRIGGER checkpoints_once BEFORE INSERT ON checkpoints
WHEN EXISTS (SELECT 1 FROM checkpoints WHERE size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;

CREATE TABLE tiles (
  level INTEGER NOT NULL,
  tile INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (level, tile)
) STRICT;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;
