-- make_source: what each input was when its output was made; its place is a keyed hash
CREATE TABLE IF NOT EXISTS source (
    place BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    content BLOB NOT NULL
) WITHOUT ROWID;

-- make_source_by_content: which inputs have the same bytes
CREATE INDEX IF NOT EXISTS source_by_content ON source (content);

-- make_output: which file holds the de-identified form of a content, under which terms
CREATE TABLE IF NOT EXISTS output (
    path BLOB PRIMARY KEY,
    content BLOB NOT NULL,
    terms BLOB NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    record TEXT NOT NULL
);

-- make_output_by_content: which outputs there are of a content
CREATE INDEX IF NOT EXISTS output_by_content ON output (content, terms);

-- any_source: whether any input is known
SELECT 1 FROM source LIMIT 1;

-- recall: what an input was
SELECT size, modified, content FROM source WHERE place = ?;

-- remember_source: what an input is
INSERT INTO source (place, size, modified, content) VALUES (?, ?, ?, ?)
ON CONFLICT (place) DO UPDATE SET size = excluded.size, modified = excluded.modified, content = excluded.content;

-- remember_output: what an output is
INSERT INTO output (path, content, terms, size, modified, record) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (path) DO UPDATE SET content = excluded.content, terms = excluded.terms, size = excluded.size,
    modified = excluded.modified, record = excluded.record;

-- outputs_of: the outputs of a content under the same terms
SELECT path, size, modified, record FROM output WHERE content = ? AND terms = ?;

-- is_only_output_of: whether an output was made of one content, and of one input
SELECT 1 FROM output WHERE path = :path AND content = :content
    AND (SELECT count(*) FROM source WHERE content = :content) <= 1;

-- of_other_terms: what is in a folder and was made under other terms
SELECT path FROM output WHERE path >= :first AND path < :beyond AND terms != :terms;

-- forget_in: all that was made in a folder
DELETE FROM output WHERE path >= :first AND path < :beyond;

