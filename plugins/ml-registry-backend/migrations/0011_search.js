// @ts-check

/**
 * What searches of the registry ask for and no row said: the flavors of a
 * version, which stand in its MLmodel file, and the owner of a model, which the
 * catalog knows. Both are copies that searches bring up to date.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('model_version_flavors', table => {
    table.comment('Flavors of versions, as their MLmodel file names them');
    table.string('name', 256).notNullable();
    table.integer('version').notNullable();
    table.string('flavor', 250).notNullable();
    table.primary(['name', 'version', 'flavor']);
    table.index(['flavor'], 'model_version_flavors_flavor_idx');
    table
      .foreign(['name', 'version'])
      .references(['name', 'version'])
      .inTable('model_versions')
      .onDelete('CASCADE')
      .onUpdate('CASCADE');
  });
  await knex.schema.alterTable('model_versions', table => {
    table
      .boolean('flavors_read')
      .notNullable()
      .defaultTo(false)
      .comment('Whether model_version_flavors is complete');
  });
  await knex.schema.alterTable('registered_models', table => {
    table
      .string('entity_owner', 255)
      .comment('Owner of the entity of that name; goes before owner');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('registered_models', table => {
    table.dropColumn('entity_owner');
  });
  await knex.schema.alterTable('model_versions', table => {
    table.dropColumn('flavors_read');
  });
  await knex.schema.dropTable('model_version_flavors');
};
