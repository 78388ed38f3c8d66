-- Bytes of pictures where no directory is set for them. Rows of content.media from before have theirs in `data`.
ALTER TABLE media ALTER COLUMN data DROP NOT NULL;
CREATE TABLE blobs (
  blob_id text COLLATE "C" PRIMARY KEY,
  data bytea NOT NULL,
  touched_time timestamptz NOT NULL
);
ALTER TABLE blobs ALTER COLUMN data SET STORAGE EXTERNAL;

-- Lighter forms of a picture; each is a row of media too.
CREATE TABLE media_variants (
  media_id text NOT NULL REFERENCES media,
  variant_id text NOT NULL REFERENCES media (media_id),
  PRIMARY KEY (media_id, variant_id)
);

-- Which picture the bytes that somebody sent became: pictures are encoded anew.
CREATE TABLE media_uploads (
  sha256 text PRIMARY KEY,
  media_id text NOT NULL REFERENCES media
);
