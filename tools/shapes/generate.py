#!/usr/bin/env python3
"""Turns one of botocore's service models into the constant tables of src/service/shape.h.

    generate.py --data BOTOCORE_DATA_DIR --service dynamodb --output dynamodb_model.cpp
    generate.py --data BOTOCORE_DATA_DIR --service dynamodb --print-input     (the model file that would be read)

Needs nothing but Python's own library. The output depends on the model alone, so it is the same on every machine.
"""
import argparse
import glob
import gzip
import json
import os
import sys

TYPES = {
    'structure': 'structure', 'list': 'list', 'map': 'map', 'string': 'string', 'character': 'string', 'blob': 'blob',
    'boolean': 'boolean', 'integer': 'integer', 'long': 'long_integer', 'float': 'float_number',
    'double': 'double_number', 'timestamp': 'timestamp',
}
LOCATIONS = {'uri': 'uri', 'querystring': 'query_string', 'header': 'header', 'headers': 'headers',
             'statusCode': 'status_code'}
TIMESTAMPS = {'unixTimestamp': 'unix_seconds', 'iso8601': 'iso8601', 'rfc822': 'rfc822'}
# The protocols that we read, the preferred one first.
PROTOCOLS = [('json', 'json'), ('rest-json', 'rest_json'), ('query', 'query'), ('rest-xml', 'rest_xml'), ('ec2', 'ec2')]

# AWS lists an enumeration's values in validation messages in an order of its own, which the models do not have.
# These are the orders that its answers show.
ENUM_ORDER = {
    'dynamodb': {
        'ScalarAttributeType': ['B', 'N', 'S'],
        'ProjectionType': ['ALL', 'INCLUDE', 'KEYS_ONLY'],
        'ReturnConsumedCapacity': ['INDEXES', 'TOTAL', 'NONE'],
        'ReturnItemCollectionMetrics': ['SIZE', 'NONE'],
        'ReturnValue': ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'],
        'Select': ['SPECIFIC_ATTRIBUTES', 'COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES'],
        'ConditionalOperator': ['OR', 'AND'],
        'ComparisonOperator': ['IN', 'NULL', 'BETWEEN', 'LT', 'NOT_CONTAINS', 'EQ', 'GT', 'NOT_NULL', 'NE', 'LE',
                               'BEGINS_WITH', 'GE', 'CONTAINS'],
    },
}


def model_path(data_dir, service):
    """The newest API version of `service`, packed or not."""
    found = sorted(glob.glob(os.path.join(data_dir, service, '*', 'service-2.json'))
                   + glob.glob(os.path.join(data_dir, service, '*', 'service-2.json.gz')))
    if not found:
        sys.exit(f'generate.py: no service-2.json of {service} below {data_dir}')
    return found[-1]


def load(path):
    opener = gzip.open if path.endswith('.gz') else open
    with opener(path, 'rt', encoding='utf-8') as file:
        return json.load(file)


def text(value):
    """A string_view literal; bytes that C++ would read differently are escaped."""
    if not value:
        return '{}'
    out = []
    for byte in value.encode('utf-8'):
        char = chr(byte)
        if char in '"\\':
            out.append('\\' + char)
        elif char == '?' or byte < 0x20 or byte >= 0x7f:  # '?': no trigraphs
            out.append(f'\\{byte:03o}')
        else:
            out.append(char)
    return '"' + ''.join(out) + '"sv'


def number(value):
    return 'kNone' if value is None else repr(float(value))


def flag(value):
    return 'true' if value else 'false'


class Tables:
    """Rows of the three big arrays; equal runs of members or enumeration values are stored once."""

    def __init__(self, model, service):
        self.model = model
        self.service = service
        self.shapes = model['shapes']
        self.index = {name: number for number, name in enumerate(sorted(self.shapes))}
        self.members, self.enums = [], []
        self.member_runs, self.enum_runs = {}, {}

    def run(self, rows, target, known):
        key = tuple(rows)
        if key not in known:
            known[key] = len(target)
            target.extend(rows)
        return known[key], len(rows)

    def member(self, name, ref, required=False):
        shape = self.shapes[ref['shape']]
        stamp = ref.get('timestampFormat')
        return ('{' + ', '.join([
            text(name), text(ref.get('locationName', name)), str(self.index[ref['shape']]),
            'Location::' + LOCATIONS.get(ref.get('location'), 'body'), flag(required),
            flag(ref.get('idempotencyToken')), flag(ref.get('flattened') or shape.get('flattened')),
            'TimestampFormat::' + TIMESTAMPS.get(stamp, 'by_protocol')]) + '}')

    def shape_members(self, shape):
        if shape['type'] == 'structure':
            required = set(shape.get('required', []))
            return [self.member(name, ref, name in required) for name, ref in shape['members'].items()]
        if shape['type'] == 'list':
            return [self.member('member', shape['member'])]
        if shape['type'] == 'map':
            return [self.member('key', shape['key']), self.member('value', shape['value'])]
        return []

    def shape_row(self, name):
        shape = self.shapes[name]
        members = 'none()'
        rows = self.shape_members(shape)
        if rows:
            members = 'members(%d, %d)' % self.run(rows, self.members, self.member_runs)
        values = shape.get('enum', [])
        order = ENUM_ORDER.get(self.service, {}).get(name)
        if order and sorted(order) == sorted(values):
            values = order
        enums = 'nothing()'
        if values:
            enums = 'enums(%d, %d)' % self.run([text(value) for value in values], self.enums, self.enum_runs)
        kind = TYPES[shape['type']]
        if shape.get('document'):
            kind = 'document'
        return ('{' + ', '.join([
            text(name), 'ShapeType::' + kind, members, text(shape.get('payload')), number(shape.get('min')),
            number(shape.get('max')), text(shape.get('pattern')), enums,
            'TimestampFormat::' + TIMESTAMPS.get(shape.get('timestampFormat'), 'by_protocol'),
            flag(shape.get('streaming')), flag(shape.get('sensitive')), flag(shape.get('document')),
            flag(shape.get('union')), flag(shape.get('wrapper')), flag(shape.get('flattened'))]) + '}')

    def operation_row(self, name):
        operation = self.model['operations'][name]
        http = operation['http']

        def reference(key):
            return str(self.index[operation[key]['shape']]) if key in operation else 'kNoShape'

        return ('{' + ', '.join([
            text(name), text(http['method']), text(http['requestUri']), str(http.get('responseCode', 200)),
            reference('input'), reference('output'), text(operation.get('output', {}).get('resultWrapper')),
            flag(operation.get('authtype') == 'none')]) + '}')

    def error_row(self, name):
        shape = self.shapes[name]
        error = shape.get('error', {})
        status = error.get('httpStatusCode', 500 if shape.get('fault') else 400)
        message = next((member for member in shape['members'] if member.lower() == 'message'), None)
        code = error.get('code', name)
        row = [text(name), text(code), str(status), text(message), str(self.index[name])]
        return '{' + ', '.join(row) + '}'


def protocol_of(metadata):
    offered = metadata.get('protocols') or [metadata['protocol']]
    for name, ours in PROTOCOLS:
        if name in offered:
            return ours
    sys.exit(f'generate.py: no protocol that Brume knows among {offered}')


def rows(items):
    return ''.join(f'    {item},\n' for item in items)


def generate(model, service):
    tables = Tables(model, service)
    shapes = [tables.shape_row(name) for name in sorted(tables.shapes)]
    operations = [tables.operation_row(name) for name in sorted(model['operations'])]
    errors = [tables.error_row(name) for name in sorted(tables.shapes) if tables.shapes[name].get('exception')]
    metadata = model['metadata']
    protocol = protocol_of(metadata)
    target = metadata.get('targetPrefix') if protocol == 'json' else None
    json_version = metadata.get('jsonVersion', '1.0') if protocol == 'json' else None
    head = ', '.join([
        text(service), text(metadata['serviceId']), text(metadata.get('signingName', metadata['endpointPrefix'])),
        text(metadata['apiVersion']), text(target), text(json_version), text(metadata.get('xmlNamespace')),
        'Protocol::' + protocol])
    return f'''// Made by tools/shapes/generate.py from botocore's model of {service} {metadata['apiVersion']}.
#include "service/shape.h"

namespace brume::service {{
namespace {{

using namespace std::string_view_literals;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

constexpr Member kMembers[] = {{
{rows(tables.members)}}};
constexpr std::string_view kEnums[] = {{
{rows(tables.enums or ['{}'])}}};

constexpr std::span<const Member> none() {{ return {{}}; }}
constexpr std::span<const std::string_view> nothing() {{ return {{}}; }}
constexpr std::span<const Member> members(std::size_t at, std::size_t count) {{ return {{kMembers + at, count}}; }}
[[maybe_unused]] constexpr std::span<const std::string_view> enums(std::size_t at, std::size_t count) {{
  return {{kEnums + at, count}};
}}

constexpr Shape kShapes[] = {{
{rows(shapes)}}};
constexpr OperationShape kOperations[] = {{
{rows(operations)}}};
constexpr ErrorShape kErrors[] = {{
{rows(errors)}}};

constexpr ServiceModel kModel{{{head}, kShapes, kOperations, kErrors}};

}}  // namespace

const ServiceModel& {service}_model() {{ return kModel; }}

}}  // namespace brume::service
'''


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', required=True, help='the data folder of a botocore installation')
    parser.add_argument('--service', required=True, help='a folder in it')
    parser.add_argument('--output', help='the C++ file to write')
    parser.add_argument('--print-input', action='store_true', help='print the path of the model and stop')
    options = parser.parse_args()
    path = model_path(options.data, options.service)
    if options.print_input:
        print(path)
        return
    code = generate(load(path), options.service)
    with open(options.output, 'w', encoding='utf-8') as file:
        file.write(code)


if __name__ == '__main__':
    main()
