import pg from 'pg'

/** What PostgreSQL says of a statement without running it. */

export interface Column {
  name: string
  /** In TypeScript, as the driver of the product gives it. */
  type: string
  /** Null where it cannot be told: an expression may or may not be null. */
  may_be_null: boolean | null
}
export interface Description { columns: Column[], parameters: string[] }

interface Field { name: string, tableID: number, columnID: number, dataTypeID: number }
type Emitter = pg.Connection & { emit: never }

/** A query that ends after the server has described it. */
class Describing {
  readonly text: string
  fields: Field[] = []
  parameters: number[] = []
  private readonly outcome = Promise.withResolvers<void>()
  constructor (text: string) { this.text = text }

  get done (): Promise<void> { return this.outcome.promise }

  submit (connection: Emitter): void {
    const wire = connection as unknown as {
      parse: (of: object) => void, describe: (of: object) => void, sync: () => void
      once: (event: string, then: (message: { dataTypeIDs: number[] }) => void) => void
    }
    wire.once('parameterDescription', ({ dataTypeIDs }) => { this.parameters = dataTypeIDs })
    wire.parse({ name: '', text: this.text, types: [] })
    wire.describe({ type: 'S', name: '' })
    wire.sync()
  }

  handleRowDescription ({ fields }: { fields: Field[] }): void { this.fields = fields }
  handleError (error: Error): void { this.outcome.reject(error) }
  handleReadyForQuery (): void { this.outcome.resolve() }
}

const numbers = ['int2', 'int4', 'oid', 'float4', 'float8']
/** Types of the server that are no text for the driver. */
const types: Record<string, string> = {
  ...Object.fromEntries(numbers.map(name => [name, 'number'])),
  int8: 'wide', numeric: 'wide', bool: 'boolean', bytea: 'Buffer', json: 'json', jsonb: 'json',
  date: 'Date', timestamp: 'Date',
  void: 'void',
}

export class Describer {
  private readonly client: pg.Client
  private catalogue = { types: new Map<number, string>(), present: new Set<string>() }
  constructor (url: string) { this.client = new pg.Client({ connectionString: url }) }

  async start (): Promise<void> {
    await this.client.connect()
    const { rows } = await this.client.query<{ oid: number, name: string }>(
      'select oid::integer, typname as name from pg_type')
    this.catalogue.types = new Map(rows.map(({ oid, name }) => [oid, name]))
    const columns = await this.client.query<{ key: string }>(
      `select attrelid || '.' || attnum as key from pg_attribute where attnotnull and attnum > 0`)
    this.catalogue.present = new Set(columns.rows.map(({ key }) => key))
  }

  stop (): Promise<void> { return this.client.end() }

  /** @throws what the server says of a statement that it cannot parse */
  async describe (text: string): Promise<Description> {
    const describing = new Describing(text)
    this.client.query(describing as unknown as pg.Submittable)
    await describing.done
    const { fields, parameters } = describing
    const plan = fields.some(({ tableID }) => tableID > 0) ? await this.plan(text) : null
    return {
      parameters: parameters.map(id => this.typeOf(id)),
      columns: fields.map((field, at) => ({
        name: field.name, type: this.typeOf(field.dataTypeID),
        may_be_null: this.mayBeNull(field, plan?.Output?.[at], plan, text),
      })),
    }
  }

  private typeOf (id: number): string {
    const name = this.catalogue.types.get(id) ?? 'text'
    return name.startsWith('_') ? `${types[name.slice(1)] ?? 'text'}[]` : types[name] ?? 'text'
  }

  /**
   * A condition that asks for presence is believed, and so is the comment `present: <columns>`;
   * what an outer join leaves out is null.
   */
  private mayBeNull (
    { name, tableID, columnID }: Field, output: string | undefined, plan: Plan | null, text: string
  ): boolean | null {
    const column = name.replaceAll(/\W/g, '\\$&')
    const is_there = new RegExp(
      `\\b${column}\\s+is\\s+not\\s+null|/\\* present:[^*]*\\b${column}\\b`, 'i')
    if (tableID === 0 || is_there.test(text)) return null
    if (!this.catalogue.present.has(`${tableID}.${columnID}`)) return true
    return plan && output ? leftOut(plan).has(output) : null
  }

  private async plan (text: string): Promise<Plan | null> {
    if (!/^\s*(--[^\n]*\n\s*)*(select|insert|update|delete|with)\b/i.test(text)) return null
    const { rows } = await this.client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      { text: `explain (verbose, generic_plan, format json) ${text}` })
    return rows[0]!['QUERY PLAN'][0].Plan
  }
}

interface Plan {
  'Join Type'?: string, 'Parent Relationship'?: string, Output?: string[], Plans?: Plan[]
}

/** What stands on a side of an outer join that may have no row. */
function leftOut (plan: Plan, all = new Set<string>(), is_left_out = false): Set<string> {
  if (is_left_out) for (const output of plan.Output ?? []) all.add(output)
  for (const inner of plan.Plans ?? []) {
    const side = inner['Parent Relationship']
    leftOut(inner, all, is_left_out || plan['Join Type'] === 'Full' ||
      (plan['Join Type'] === 'Left' && side === 'Inner') ||
      (plan['Join Type'] === 'Right' && side === 'Outer'))
  }
  return all
}
