import avro from 'avsc'
import protobuf from 'protobufjs'

/** Ids far from those that a registry would give. */
export const CLICK_SCHEMA_ID = 900_001
export const SHIPMENT_SCHEMA_ID = 900_002

const CLICK_SCHEMA = {
  type: 'record',
  name: 'Click',
  namespace: 'shop',
  fields: [
    { name: 'session', type: 'string' },
    { name: 'customer', type: ['null', 'long'], default: null },
    { name: 'page', type: 'string' },
    { name: 'milliseconds', type: 'int' },
    { name: 'device', type: { type: 'enum', name: 'Device', symbols: ['PHONE', 'TABLET', 'DESKTOP'] } },
  ],
} as const

const SHIPMENT_SCHEMA = `syntax = "proto3";
package shop;

enum Carrier {
  UNKNOWN = 0;
  POST = 1;
  COURIER = 2;
  BIKE = 3;
}

message Shipment {
  int64 order_id = 1;
  Carrier carrier = 2;
  repeated string parcels = 3;
  Address to = 4;
  double weight_kg = 5;
}

message Address {
  string city = 1;
  string country = 2;
}
`

/** The values of `_schemas` as a registry writes them, by their keys. */
export const schemaRecords: readonly { readonly key: string; readonly value: string }[] = [
  schemaRecord('shop.clicks-value', CLICK_SCHEMA_ID, 'AVRO', JSON.stringify(CLICK_SCHEMA)),
  schemaRecord('shop.shipments-value', SHIPMENT_SCHEMA_ID, 'PROTOBUF', SHIPMENT_SCHEMA),
]

function schemaRecord(subject: string, id: number, schemaType: 'AVRO' | 'PROTOBUF', schema: string) {
  return {
    key: JSON.stringify({ keytype: 'SCHEMA', subject, version: 1, magic: 1 }),
    value: JSON.stringify({
      subject,
      version: 1,
      id,
      ...(schemaType === 'AVRO' ? {} : { schemaType }),
      schema,
      deleted: false,
    }),
  }
}

export interface Click {
  readonly session: string
  readonly customer: number | null
  readonly page: string
  readonly milliseconds: number
  readonly device: 'PHONE' | 'TABLET' | 'DESKTOP'
}

export interface Shipment {
  readonly orderId: bigint
  readonly carrier: number
  readonly parcels: readonly string[]
  readonly city: string
  readonly country: string
  readonly weightKg: number
}

const clickType = avro.Type.forSchema(CLICK_SCHEMA as unknown as avro.Schema, { wrapUnions: false })
const shipmentType = protobuf.parse(SHIPMENT_SCHEMA, { keepCase: true }).root.lookupType('shop.Shipment')

/** A click in Avro, behind its schema's id. */
export function encodeClick(click: Click): Buffer {
  return Buffer.concat([framing(CLICK_SCHEMA_ID), clickType.toBuffer(click)])
}

/** A shipment in Protobuf, behind its schema's id and the path to its message: a single 0, the first. */
export function encodeShipment({ orderId, carrier, parcels, city, country, weightKg }: Shipment): Buffer {
  const message = shipmentType.fromObject({
    order_id: orderId.toString(),
    carrier,
    parcels: [...parcels],
    to: { city, country },
    weight_kg: weightKg,
  })
  return Buffer.concat([framing(SHIPMENT_SCHEMA_ID), Buffer.from([0]), shipmentType.encode(message).finish()])
}

function framing(id: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.writeInt32BE(id, 1)
  return bytes
}
