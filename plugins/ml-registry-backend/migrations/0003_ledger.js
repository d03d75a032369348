// @ts-check

/**
 * The ledger: one row per change of a model or version. It outlives renames and deletions, so it refers to nothing,
 * and the database itself refuses to change or delete a row. Takes over what model_history held. Times are ISO text.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('ledger', table => {
    table.comment('What happened to models and versions; append-only');
    table.increments('id');
    table.string('name', 256).notNullable().comment('As it was called then');
    table
      .string('former_name', 256)
      .comment('Of a rename: what the model was called before');
    table.string('at', 30).notNullable();
    table.string('actor', 255).notNullable();
    table.string('action', 40).notNullable();
    table.integer('version');
    table.string('from_stage', 20);
    table.string('to_stage', 20);
    table.text('message').notNullable();
    table.text('details').comment('JSON');
    table
      .boolean('flagged')
      .notNullable()
      .defaultTo(false)
      .comment('Went past a gate');
    table.index(['name', 'id'], 'ledger_model_idx');
    table.index(['former_name'], 'ledger_former_idx');
    table.index(['at'], 'ledger_at_idx');
    table.index(['actor', 'id'], 'ledger_actor_idx');
    table.index(['action', 'id'], 'ledger_action_idx');
  });
  await knex.raw(
    `INSERT INTO ledger (name, at, actor, action, version, from_stage, to_stage, message)
     SELECT name, at, actor, action, version, from_stage, to_stage, message FROM model_history ORDER BY id`,
  );
  await knex.schema.dropTable('model_history');

  if (knex.client.config.client === 'pg') {
    await knex.raw(`
      CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'The ledger is append-only: % is refused', TG_OP;
      END $$`);
    await knex.raw(`
      CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
      FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()`);
    return;
  }
  for (const operation of ['UPDATE', 'DELETE']) {
    await knex.raw(`
      CREATE TRIGGER ledger_no_${operation.toLowerCase()} BEFORE ${operation} ON ledger
      BEGIN
        SELECT RAISE(ABORT, 'The ledger is append-only: ${operation} is refused');
      END`);
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.createTable('model_history', table => {
    table.increments('id');
    table
      .string('name', 256)
      .notNullable()
      .references('registered_models.name')
      .onDelete('CASCADE')
      .onUpdate('CASCADE');
    table.string('at', 30).notNullable();
    table.string('actor', 255).notNullable();
    table.string('action', 40).notNullable();
    table.integer('version');
    table.string('from_stage', 20);
    table.string('to_stage', 20);
    table.text('message').notNullable();
    table.index(['name', 'id'], 'model_history_newest_idx');
  });
  await knex.raw(
    `INSERT INTO model_history (name, at, actor, action, version, from_stage, to_stage, message)
     SELECT name, at, actor, action, version, from_stage, to_stage, message FROM ledger
     WHERE name IN (SELECT name FROM registered_models) ORDER BY id`,
  );
  await knex.schema.dropTable('ledger');
  if (knex.client.config.client === 'pg') {
    await knex.raw('DROP FUNCTION ledger_is_append_only()');
  }
};
