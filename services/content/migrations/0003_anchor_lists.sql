-- Where the pages of a list end: page `page_number` holds the entries above the next lower bound, up to its own one. What
-- stands above the highest bound is the open page. Entries belong to a page by their sort key alone, so closing or dividing
-- a page moves nothing.
CREATE TABLE list_pages (
  list_key text COLLATE "C" NOT NULL,
  page_number integer NOT NULL CHECK (page_number > 0),
  high_sort_key text COLLATE "C" NOT NULL,
  PRIMARY KEY (list_key, high_sort_key),
  UNIQUE (list_key, page_number)
);

-- The lists there are: every 30 from the oldest, at least 10 left open (adapters/pg_list_pages.h).
INSERT INTO list_pages (list_key, page_number, high_sort_key)
SELECT list_key, place / 30, sort_key
FROM (SELECT list_key, sort_key, row_number() OVER (PARTITION BY list_key ORDER BY sort_key) AS place,
             count(*) OVER (PARTITION BY list_key) AS entries
      FROM list_entries) AS e
WHERE place % 30 = 0 AND place + 10 <= entries;
