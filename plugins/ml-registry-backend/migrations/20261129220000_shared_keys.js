// @ts-check

/**
 * Which keys the portals on this database use now, by fingerprint: portals that share a database have to share them.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('shared_keys', table => {
    table.string('name', 100).notNullable().comment('What the key is for');
    table.string('portal', 300).notNullable();
    table.string('fingerprint', 64).notNullable();
    table.string('since', 30).notNullable();
    table.string('seen_at', 30).notNullable();
    table.primary(['name', 'portal']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('shared_keys');
};
