#!/usr/bin/env bash
# Deploys the notes app with the official AWS CLI alone, and prints its URL as the last line.
#   AWS_ENDPOINT_URL=http://127.0.0.1:4566 examples/notes/deploy.sh
# Deploying again updates the function's code and keeps API and table.
set -euo pipefail
cd "$(dirname "$0")"

endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}
region=${AWS_DEFAULT_REGION:-us-east-1}
export AWS_DEFAULT_REGION=$region AWS_PAGER='' AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-test} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-test}
brume() { aws --endpoint-url "$endpoint" --output text "$@"; }

role=notes-role function=notes table=notes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd function && zip -q -r "$work/function.zip" .)

if ! brume dynamodb describe-table --table-name $table >/dev/null 2>&1; then
  brume dynamodb create-table --table-name $table --billing-mode PAY_PER_REQUEST \
    --attribute-definitions AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH >/dev/null
  brume dynamodb wait table-exists --table-name $table
fi

if ! role_arn=$(brume iam get-role --role-name $role --query Role.Arn 2>/dev/null); then
  role_arn=$(brume iam create-role --role-name $role --query Role.Arn --assume-role-policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}')
  brume iam put-role-policy --role-name $role --policy-name table --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}]}'
fi

if function_arn=$(brume lambda get-function --function-name $function --query Configuration.FunctionArn 2>/dev/null); then
  brume lambda update-function-code --function-name $function --zip-file "fileb://$work/function.zip" >/dev/null
else
  function_arn=$(brume lambda create-function --function-name $function --runtime nodejs20.x --handler index.handler \
    --role "$role_arn" --zip-file "fileb://$work/function.zip" --timeout 10 --memory-size 256 \
    --environment "Variables={TABLE_NAME=$table}" --query FunctionArn)
fi
brume lambda wait function-active-v2 --function-name $function 2>/dev/null || brume lambda wait function-active --function-name $function

api=$(brume apigateway get-rest-apis --query "items[?name=='notes'].id | [0]")
if [[ -z $api || $api == None ]]; then
  api=$(brume apigateway create-rest-api --name notes --query id)
  root=$(brume apigateway get-resources --rest-api-id "$api" --query "items[?path=='/'].id | [0]")
  notes=$(brume apigateway create-resource --rest-api-id "$api" --parent-id "$root" --path-part notes --query id)
  note=$(brume apigateway create-resource --rest-api-id "$api" --parent-id "$notes" --path-part '{id}' --query id)
  uri="arn:aws:apigateway:$region:lambda:path/2015-03-31/functions/$function_arn/invocations"
  for resource in "$notes" "$note"; do
    brume apigateway put-method --rest-api-id "$api" --resource-id "$resource" --http-method ANY --authorization-type NONE >/dev/null
    brume apigateway put-integration --rest-api-id "$api" --resource-id "$resource" --http-method ANY \
      --type AWS_PROXY --integration-http-method POST --uri "$uri" >/dev/null
  done
  account=$(brume sts get-caller-identity --query Account)
  brume lambda add-permission --function-name $function --statement-id api --action lambda:InvokeFunction \
    --principal apigateway.amazonaws.com --source-arn "arn:aws:execute-api:$region:$account:$api/*" >/dev/null
  brume apigateway create-deployment --rest-api-id "$api" --stage-name dev >/dev/null
fi

echo "$endpoint/_aws/execute-api/$api/dev/notes"
