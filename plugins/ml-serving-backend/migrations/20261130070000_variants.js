// @ts-check

/**
 * What answers becomes a set of variants, and each change of it a rollout. An endpoint of before has the one variant
 * that it had all along, and a finished rollout where the version before is known.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('endpoint_variants', table => {
    table.comment('What an engine is told to let answer, by endpoint');
    table
      .string('endpoint_id', 330)
      .notNullable()
      .references('id')
      .inTable('endpoints')
      .onDelete('CASCADE');
    table
      .string('variant', 64)
      .notNullable()
      .comment('champion, challenger: as the prediction log names it');
    table.integer('version').notNullable();
    table
      .double('weight')
      .notNullable()
      .comment('Share of the requests in percent; 0 for a shadow');
    table.string('mode', 16).notNullable().comment('live or shadow');
    table.primary(['endpoint_id', 'variant']);
  });
  await knex.schema.createTable('rollouts', table => {
    table.comment(
      'Changes of what answers, from one set of variants to another',
    );
    table.string('id', 350).primary().comment('<endpoint>#<number>');
    table
      .string('endpoint_id', 330)
      .notNullable()
      .references('id')
      .inTable('endpoints')
      .onDelete('CASCADE');
    table.integer('number').notNullable().comment('From 1 for each endpoint');
    table
      .string('state', 16)
      .notNullable()
      .comment('running, succeeded, failed or superseded');
    table
      .text('from_variants')
      .notNullable()
      .comment('JSON, as is to_variants');
    table.text('to_variants').notNullable();
    table.string('started_by').comment('Null where it is not known');
    table.string('reason', 64).notNullable().comment('Why it began, one word');
    table.text('message').notNullable().comment('How it stands, in words');
    table
      .boolean('load_failed')
      .notNullable()
      .defaultTo(false)
      .comment('When last looked at, a version of it could not be loaded');
    table.string('started_at', 32).notNullable();
    table.string('ended_at', 32);
    table
      .string('next_reconcile_at', 32)
      .comment('When the reconciler looks again; null once it has ended');
    table
      .string('ticket', 64)
      .comment('Proof of the lease under which the row is worked on');
    table.unique(['endpoint_id', 'number']);
    table.index(['next_reconcile_at'], 'rollouts_due_index');
  });
  // At most one runs for an endpoint, also with several writers.
  await knex.schema.raw(
    'CREATE UNIQUE INDEX rollouts_running_unique ON rollouts (endpoint_id) WHERE ended_at IS NULL',
  );
  await knex.schema.alterTable('endpoint_versions', table => {
    table
      .boolean('kept_for_rollback')
      .notNullable()
      .defaultTo(false)
      .comment('No variant names it; it stays loaded for the way back');
  });

  await knex.raw(
    `INSERT INTO endpoint_variants (endpoint_id, variant, version, weight, mode)
     SELECT id, 'champion', current_version, 100, 'live' FROM endpoints WHERE current_version IS NOT NULL`,
  );
  await knex.raw(
    `UPDATE endpoint_versions SET kept_for_rollback = ? WHERE EXISTS (
       SELECT 1 FROM endpoints WHERE id = endpoint_id AND previous_version = version)`,
    [true],
  );
  const now = new Date().toISOString();
  const json = (/** @type {string} */ column) =>
    `'[{"name":"champion","version":' || ${column} || ',"weight":100,"mode":"live"}]'`;
  await knex.raw(
    `INSERT INTO rollouts (id, endpoint_id, number, state, from_variants, to_variants, reason, message, started_at, ended_at)
     SELECT id || '#1', id, 1, 'succeeded', ${json('previous_version')}, ${json(
      'current_version',
    )}, 'Promoted',
       'It happened before rollouts were recorded; its time is that of the record', ?, ?
     FROM endpoints WHERE current_version IS NOT NULL AND previous_version IS NOT NULL`,
    [now, now],
  );
  // In SQL: to rebuild the table, as knex does on SQLite, would take the rows that refer to it away.
  for (const column of ['current_version', 'previous_version']) {
    await knex.schema.raw(`ALTER TABLE endpoints DROP COLUMN ${column}`);
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('endpoints', table => {
    table.integer('current_version');
    table.integer('previous_version');
  });
  await knex.raw(
    `UPDATE endpoints SET current_version = (
       SELECT version FROM endpoint_variants WHERE endpoint_id = endpoints.id AND mode = 'live'
       ORDER BY weight DESC LIMIT 1),
     previous_version = (
       SELECT max(version) FROM endpoint_versions WHERE endpoint_id = endpoints.id AND kept_for_rollback)`,
  );
  await knex.schema.raw(
    'ALTER TABLE endpoint_versions DROP COLUMN kept_for_rollback',
  );
  await knex.schema.dropTable('rollouts');
  await knex.schema.dropTable('endpoint_variants');
};
