-- Inserts, an index, joins, aggregates, updates and deletions in memory; ROUNDS is replaced by the number of rows.
-- SPDX-License-Identifier: MIT
CREATE TABLE item(id INTEGER PRIMARY KEY, kind INTEGER, price INTEGER, name TEXT);
CREATE TABLE kind(id INTEGER PRIMARY KEY, label TEXT);
INSERT INTO kind WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19) SELECT i, 'kind-' || i FROM n;
INSERT INTO item WITH RECURSIVE n(i, r) AS (SELECT 1, 7 UNION ALL SELECT i + 1, (r * 1103515245 + 12345) % 2147483648 FROM n WHERE i < ROUNDS)
    SELECT i, r / 65536 % 20, r % 9973, 'item ' || (r % 1000) FROM n;
CREATE INDEX by_price ON item(price, kind);
SELECT label, count(*), sum(price), max(name) FROM item JOIN kind ON kind.id = item.kind GROUP BY label ORDER BY 3;
SELECT count(*) FROM item a JOIN item b ON b.price = a.price + 1 AND b.kind < a.kind;
UPDATE item SET price = price * 3 % 9973 WHERE name LIKE '%7%';
DELETE FROM item WHERE price BETWEEN 100 AND 900;
SELECT name, count(*), avg(price) FROM item WHERE price > 500 GROUP BY name HAVING count(*) > 1 ORDER BY 2 DESC, 1 LIMIT 20;
SELECT sum(length(name)), total(price) FROM item WHERE kind IN (SELECT id FROM kind WHERE label GLOB '*[13579]');
