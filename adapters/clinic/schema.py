"""The tables of the embedded clinic, and the marks by which its file is told from others.

What was once released is not changed: a later format is reached by the next of `MIGRATIONS`.
"""

from __future__ import annotations

APPLICATION_ID = 0x756E636C  # "uncl"; SQLite keeps it at a fixed place in the file

_FIRST = """
CREATE TABLE clinic (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  login_url TEXT NOT NULL,
  support_email TEXT NOT NULL,
  mail_from TEXT NOT NULL,
  timezone TEXT NOT NULL,
  invite_hours INTEGER NOT NULL CHECK (invite_hours > 0),
  resend_minutes INTEGER NOT NULL CHECK (resend_minutes >= 0),
  age_of_majority INTEGER NOT NULL CHECK (age_of_majority > 0),
  mail_policy TEXT NOT NULL CHECK (mail_policy IN ('automatic', 'manual', 'prompt'))
) STRICT;

-- Clients, and the contacts on their People tab (those have a client_id).
CREATE TABLE person (
  id TEXT PRIMARY KEY,
  client_id TEXT REFERENCES person (id),
  place INTEGER NOT NULL,
  name TEXT NOT NULL,
  email TEXT,
  phone TEXT,
  status TEXT NOT NULL CHECK (status IN ('active', 'archived')),
  birth_date TEXT CHECK (client_id IS NULL OR birth_date IS NULL),
  city TEXT,
  relationship TEXT CHECK (relationship IN ('parent', 'guardian', 'spouse', 'other')),
  is_primary INTEGER NOT NULL DEFAULT 0 CHECK (is_primary IN (0, 1)),
  consent TEXT NOT NULL DEFAULT 'none' CHECK (consent IN ('none', 'active', 'inactive')),
  online_access INTEGER CHECK (online_access IN (0, 1)),
  email_notifications INTEGER CHECK (email_notifications IN (0, 1)),
  switched_off_by TEXT CHECK (switched_off_by IN ('client', 'staff', 'system')),
  version INTEGER NOT NULL DEFAULT 1,
  CHECK ((client_id IS NULL) = (relationship IS NULL))
) STRICT;
CREATE INDEX person_client ON person (client_id);

-- One account may be held by several records: a parent of two clients is one person.
CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  login_email TEXT NOT NULL COLLATE NOCASE UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'disabled', 'locked')),
  mfa INTEGER NOT NULL DEFAULT 0 CHECK (mfa IN (0, 1)),
  last_login TEXT
) STRICT;
CREATE TABLE holder (
  subject TEXT PRIMARY KEY REFERENCES person (id),
  account INTEGER NOT NULL REFERENCES account (id)
) STRICT;

-- Every mail, with what is known about its delivery, and its one-time link (only its hash is kept).
CREATE TABLE message (
  id TEXT PRIMARY KEY,
  n INTEGER NOT NULL UNIQUE,
  purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'password_reset', 'ticket')),
  subject TEXT REFERENCES person (id),
  to_address TEXT NOT NULL,
  sent_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('unknown', 'queued', 'sent', 'delivered', 'deferred', 'bounced', 'suppressed', 'complained')),
  status TEXT,
  state_at TEXT NOT NULL,
  token_hash BLOB UNIQUE,
  expires_at TEXT,
  used_at TEXT,
  ended_at TEXT
) STRICT;
CREATE INDEX message_subject ON message (subject, purpose, n);

CREATE TABLE suppression (
  address TEXT PRIMARY KEY,
  status TEXT NOT NULL,
  since TEXT NOT NULL
) STRICT;

CREATE TABLE ticket (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  number TEXT NOT NULL UNIQUE,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  session TEXT NOT NULL,
  topic TEXT NOT NULL,
  summary TEXT NOT NULL,
  trail TEXT NOT NULL,
  subject TEXT REFERENCES person (id),
  mailed INTEGER NOT NULL DEFAULT 0 CHECK (mailed IN (0, 1))
) STRICT;

CREATE TABLE help_request (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  at TEXT NOT NULL,
  topic TEXT NOT NULL,
  contact TEXT
) STRICT;

-- What each keyed call came to; an open one was begun and has not been heard of since.
CREATE TABLE receipt (
  key TEXT PRIMARY KEY,
  body BLOB NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('open', 'done', 'failed')),
  content TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;

CREATE TABLE journal (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  session TEXT NOT NULL,
  key TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT,
  outcome TEXT NOT NULL
) STRICT;
CREATE TRIGGER journal_is_not_changed BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_not_cut BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""

# Passwords, consent with its proof, verifications, video sessions, and mails that tell of a change.
_SECOND = """
CREATE TABLE message_2 (
  id TEXT PRIMARY KEY,
  n INTEGER NOT NULL UNIQUE,
  purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'password_reset', 'ticket', 'notice')),
  subject TEXT REFERENCES person (id),
  to_address TEXT NOT NULL,
  sent_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('unknown', 'queued', 'sent', 'delivered', 'deferred', 'bounced', 'suppressed', 'complained')),
  status TEXT,
  state_at TEXT NOT NULL,
  token_hash BLOB UNIQUE,
  expires_at TEXT,
  used_at TEXT,
  ended_at TEXT
) STRICT;
INSERT INTO message_2 SELECT id, n, purpose, subject, to_address, sent_at, state, status, state_at,
  token_hash, expires_at, used_at, ended_at FROM message;
DROP TABLE message;
ALTER TABLE message_2 RENAME TO message;
CREATE INDEX message_subject ON message (subject, purpose, n);

-- Of a password only salt and hash are kept; password_until: it is a temporary one. new_login: the address
-- becomes the one to log in with when a link that was sent there is followed.
ALTER TABLE account ADD COLUMN password BLOB;
ALTER TABLE account ADD COLUMN password_until TEXT;
ALTER TABLE account ADD COLUMN new_login TEXT;
ALTER TABLE account ADD COLUMN wrong_tries INTEGER NOT NULL DEFAULT 0;
CREATE TABLE sign_in (
  n INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account (id),
  at TEXT NOT NULL,
  ended_at TEXT
) STRICT;

-- A contact belongs to one client, so the consent for both is the contact's.
ALTER TABLE person ADD COLUMN consent_by TEXT;
ALTER TABLE person ADD COLUMN consent_at TEXT;
ALTER TABLE person ADD COLUMN consent_proof TEXT;
ALTER TABLE person ADD COLUMN consent_version INTEGER NOT NULL DEFAULT 1;

CREATE TABLE verification (
  n INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  session TEXT NOT NULL,
  subject TEXT NOT NULL REFERENCES person (id),
  method TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed')),
  covers TEXT NOT NULL
) STRICT;

CREATE TABLE video_session (
  n INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES person (id),
  starts TEXT NOT NULL,
  ends TEXT NOT NULL,
  join_opens TEXT NOT NULL,
  has_link INTEGER NOT NULL CHECK (has_link IN (0, 1)),
  cancelled INTEGER NOT NULL CHECK (cancelled IN (0, 1))
) STRICT;
"""

# When the address on record was last changed, by whatever way: whoever changed it could get in by it.
_THIRD = """
ALTER TABLE person ADD COLUMN email_changed_at TEXT;
"""

# Whose clients they are; a practitioner stands here under the id that the portal signs for them.
_FOURTH = """
CREATE TABLE seen_by (
  client_id TEXT NOT NULL REFERENCES person (id),
  practitioner TEXT NOT NULL,
  PRIMARY KEY (client_id, practitioner)
) STRICT, WITHOUT ROWID;
"""

MIGRATIONS = (_FIRST, _SECOND, _THIRD, _FOURTH)
