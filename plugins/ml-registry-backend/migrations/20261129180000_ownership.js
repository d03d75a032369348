// @ts-check

/**
 * What the registry has accepted of the catalog: the first owner of a model that was registered without one, the
 * file that speaks for the model, and what that file said last. A row is there once this was settled.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('model_ownership', table => {
    table.comment('Which catalog file speaks for a registered model');
    table
      .string('name', 256)
      .primary()
      .references('name')
      .inTable('registered_models')
      .onDelete('CASCADE')
      .onUpdate('CASCADE');
    table
      .string('owner', 255)
      .comment('Owner by that file, where the model was registered without');
    table
      .text('source')
      .comment('Location of the file that counts; absent while none does');
    table
      .text('profile')
      .comment('JSON: risk, approvals, gates and features as it said last');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('model_ownership');
};
