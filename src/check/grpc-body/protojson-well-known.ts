import type { JsonValue } from '../../json/json.js';
import {
  fieldsOf,
  isUnset,
  type ProtoField,
  type ProtoMessage,
  type ProtoValue,
  valueAt,
  zeroOf,
} from './protobuf-message.js';
import { MessageFault } from './protobuf-rules.js';
import { writeDuration, writeTimestamp } from './protojson-time.js';

/** Writes a message of one type; `write` writes the value of a field as everywhere. */
export type WellKnownForm = (
  message: ProtoMessage,
  write: (field: ProtoField, value: ProtoValue) => JsonValue,
) => JsonValue;

/** How a message of this type is written, if protobuf gives it a JSON form of its own. */
export function wellKnownForm(typeName: string): WellKnownForm | undefined {
  return forms.get(typeName);
}

const wrapper: WellKnownForm = ({ type, values }, write) => {
  const field = fieldsOf(type).get(1);
  if (field?.fieldKind !== 'scalar') throw fault(type.typeName, 'is not declared as it should be');
  return write(field, values.get(field) ?? zeroOf(field.scalar));
};

/** `Struct` and `ListValue`: what their only field holds. */
const contents =
  (empty: () => JsonValue): WellKnownForm =>
  ({ values }, write) => {
    const [first] = values;
    return first === undefined || isUnset(...first) ? empty() : write(...first);
  };

const emptyObject = () => Object.create(null);

const dynamicValue: WellKnownForm = ({ type, values }, write) => {
  const [first] = values;
  if (first === undefined) throw fault(type.typeName, 'has no kind');
  const [field, value] = first;
  if (typeof value === 'number' && !Number.isFinite(value)) throw fault(type.typeName, 'is no JSON number');
  return write(field, value);
};

const forms: ReadonlyMap<string, WellKnownForm> = new Map<string, WellKnownForm>([
  ['google.protobuf.Timestamp', writeTimestamp],
  ['google.protobuf.Duration', writeDuration],
  ['google.protobuf.FieldMask', writeFieldMask],
  ['google.protobuf.Struct', contents(emptyObject)],
  ['google.protobuf.ListValue', contents(() => [])],
  ['google.protobuf.Value', dynamicValue],
  ...['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32', 'Bool', 'String', 'Bytes'].map(
    (kind) => [`google.protobuf.${kind}Value`, wrapper] as const,
  ),
]);

const pathPattern = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/** Paths in camel case; only those that can be turned back are allowed. */
function writeFieldMask(mask: ProtoMessage): string {
  const paths = valueAt(mask, 1) ?? [];
  if (!Array.isArray(paths)) throw fault(mask.type.typeName, 'is not declared as it should be');
  return paths
    .map((path) => {
      if (typeof path !== 'string' || !pathPattern.test(path) || /[A-Z]|_(?![a-z])/.test(path)) {
        throw fault(mask.type.typeName, 'has a path without a JSON form');
      }
      return path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    })
    .join(',');
}

function fault(typeName: string, what: string): MessageFault {
  return new MessageFault('body_invalid', `${typeName} ${what}`);
}
