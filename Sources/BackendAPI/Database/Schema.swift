import GRDB

/// The tables, and how each version of them came from the one before.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 tasks") { database in
            try database.execute(
                sql: """
                    CREATE TABLE tasks (
                        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
                        workflow TEXT NOT NULL, version TEXT NOT NULL, attempt INTEGER NOT NULL,
                        epoch INTEGER NOT NULL, priority INTEGER NOT NULL, params TEXT NOT NULL,
                        options TEXT NOT NULL, created_at INTEGER NOT NULL, started_at INTEGER,
                        finished_at INTEGER, images TEXT NOT NULL, error TEXT, warnings TEXT NOT NULL, source TEXT
                    ) STRICT;
                    CREATE INDEX tasks_live ON tasks (state) WHERE state IN ('queued', 'running');
                    CREATE INDEX tasks_by_state ON tasks (state, number);
                    CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
                    """)
        }
        return migrator
    }
}
