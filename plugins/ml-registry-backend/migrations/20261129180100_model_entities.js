// @ts-check

/**
 * What lists of models need of the catalog's entities, so that one statement can filter, sort and count by it.
 * The owner stands in registered_models.entity_owner, where searches of versions look for it too.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('model_entities', table => {
    table.comment('Model entities as the catalog had them when last read');
    table
      .string('name', 256)
      .primary()
      .references('registered_models.name')
      .onDelete('CASCADE')
      .onUpdate('CASCADE');
    table.string('namespace', 63).notNullable().defaultTo('default');
    table.boolean('has_entity').notNullable();
    table.text('title');
    table.text('description');
    table.string('risk', 20).notNullable().comment('minimal, limited, high');
    table.text('conflict').comment('JSON: why the entity does not count');
    table
      .text('search_text')
      .notNullable()
      .comment('Title, description and owner in lower case');
    table.string('read_at', 30).notNullable();
    table.index(['risk'], 'model_entities_risk_idx');
  });
  await knex.schema.alterTable('registered_models', table => {
    table
      .boolean('entity_read')
      .notNullable()
      .defaultTo(false)
      .comment('Whether model_entities is as the catalog was last told to be');
    table.index(['entity_owner'], 'registered_models_entity_owner_idx');
    table.index(['owner'], 'registered_models_owner_idx');
    table.index(['last_updated_time', 'name'], 'registered_models_updated_idx');
  });
  await knex.raw(
    'CREATE INDEX registered_models_unread_idx ON registered_models (name) WHERE NOT entity_read',
  );
  await knex.schema.alterTable('promotions', table => {
    table.index(['state', 'name'], 'promotions_state_idx');
  });
  await knex.schema.createTable('model_entity_sync', table => {
    table.comment('How far model_entities was compared with the catalog');
    table.string('id', 32).primary().comment('changed, all');
    table.string('after', 256).notNullable().defaultTo('').comment('A name');
    table.string('next_reconcile_at', 30);
    table.string('ticket', 36);
  });
  const now = new Date().toISOString();
  await knex('model_entity_sync').insert([
    { id: 'changed', next_reconcile_at: now },
    { id: 'all', next_reconcile_at: now },
  ]);
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('model_entity_sync');
  await knex.schema.alterTable('promotions', table => {
    table.dropIndex(['state', 'name'], 'promotions_state_idx');
  });
  await knex.raw('DROP INDEX registered_models_unread_idx');
  await knex.schema.alterTable('registered_models', table => {
    table.dropIndex(['entity_owner'], 'registered_models_entity_owner_idx');
    table.dropIndex(['owner'], 'registered_models_owner_idx');
    table.dropIndex(
      ['last_updated_time', 'name'],
      'registered_models_updated_idx',
    );
    table.dropColumn('entity_read');
  });
  await knex.schema.dropTable('model_entities');
};
