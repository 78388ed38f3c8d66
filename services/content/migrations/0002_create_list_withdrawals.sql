-- What a list showed until it was withdrawn: kept for 30 days, for the readers of feeds.
CREATE TABLE list_withdrawals (
  list_key text COLLATE "C" NOT NULL,
  article_id bigint NOT NULL,
  sort_key text COLLATE "C" NOT NULL,
  withdrawn_time timestamptz NOT NULL,
  PRIMARY KEY (list_key, article_id)
);
CREATE INDEX list_withdrawals_newest ON list_withdrawals (list_key, withdrawn_time);
CREATE INDEX list_withdrawals_by_time ON list_withdrawals (withdrawn_time);
