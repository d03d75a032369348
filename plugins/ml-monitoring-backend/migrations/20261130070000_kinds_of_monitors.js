// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('monitors', table => {
    // Null until it is filled, and without a default: an insert of an earlier release, which does not name it, fails.
    table
      .string('model_ref')
      .nullable()
      .index()
      .comment('The model it watches');
    table
      .string('kind', 64)
      .notNullable()
      // All monitors were of this kind before there were others.
      .defaultTo('drift')
      .comment('The kind of its detector');
    table
      .string('monitor_name', 64)
      .notNullable()
      .defaultTo('default')
      .comment('Tells monitors of one kind apart');
    table
      .text('settings')
      .notNullable()
      .defaultTo('{}')
      .comment('JSON: what its detector takes; the rest by configuration');
  });
  await knex('monitors').update({ model_ref: knex.ref('id') });
  await knex.schema.alterTable('monitors', table => {
    table.dropNullable('model_ref');
  });
  await knex.schema.alterTable('monitors', table => {
    table.unique(['model_ref', 'kind', 'monitor_name'], {
      indexName: 'monitors_of_model_unique',
    });
  });

  await knex.schema.alterTable('windows', table => {
    table.string('monitor_id').nullable();
    table.string('kind', 64).notNullable().defaultTo('drift');
    table
      .text('signals')
      .notNullable()
      .defaultTo('[]')
      .comment('JSON: Signal[]');
  });
  await knex('windows').update({ monitor_id: knex.ref('model_ref') });
  await knex.schema.alterTable('windows', table => {
    table.dropNullable('monitor_id');
  });
  await knex.schema.alterTable('windows', table => {
    table.index(['monitor_id', 'created_at']);
  });

  await knex.schema.alterTable('episodes', table => {
    table.string('monitor_id').nullable().index();
    table.string('kind', 64).notNullable().defaultTo('drift');
  });
  await knex('episodes').update({ monitor_id: knex.ref('model_ref') });
  await knex.schema.alterTable('episodes', table => {
    table.dropNullable('monitor_id');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  // Rows that an older release does not know have to go: it reads every row as drift.
  await knex('episodes')
    .whereNot({ monitor_id: knex.ref('model_ref') })
    .delete();
  await knex('windows')
    .whereNot({ monitor_id: knex.ref('model_ref') })
    .delete();
  await knex('monitors')
    .whereNot({ id: knex.ref('model_ref') })
    .delete();
  await knex.schema.alterTable('episodes', table => {
    table.dropIndex(['monitor_id']);
    table.dropColumns('monitor_id', 'kind');
  });
  await knex.schema.alterTable('windows', table => {
    table.dropIndex(['monitor_id', 'created_at']);
    table.dropColumns('monitor_id', 'kind', 'signals');
  });
  await knex.schema.alterTable('monitors', table => {
    table.dropUnique(
      ['model_ref', 'kind', 'monitor_name'],
      'monitors_of_model_unique',
    );
    table.dropIndex(['model_ref']);
    table.dropColumns('model_ref', 'kind', 'monitor_name', 'settings');
  });
};
