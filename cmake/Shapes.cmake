# The service models: one generated table file each, from the API descriptions that botocore carries.
# Sets BRUME_MODEL_SOURCES.

set(BRUME_MODELS dynamodb dynamodbstreams lambda apigateway iam sts logs)
set(BRUME_BOTOCORE_DATA "" CACHE PATH
    "botocore's data folder; empty: the one in .deps/venv, else an importable botocore")

set(data "${BRUME_BOTOCORE_DATA}")
if(NOT data)
  file(GLOB data ${CMAKE_SOURCE_DIR}/.deps/venv/lib/python3*/site-packages/botocore/data)
  if(data)
    list(GET data -1 data)
  else()
    execute_process(COMMAND ${Python3_EXECUTABLE} -c "import botocore; print(botocore.__path__[0] + '/data')"
                    OUTPUT_VARIABLE data OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
if(NOT data OR NOT EXISTS ${data}/dynamodb)
  message(FATAL_ERROR "No botocore service models found: install botocore (pip install botocore==1.44.5) "
                      "or set BRUME_BOTOCORE_DATA to its data folder")
endif()

set(generator ${CMAKE_SOURCE_DIR}/tools/shapes/generate.py)
set(BRUME_MODEL_SOURCES)
foreach(model ${BRUME_MODELS})
  execute_process(COMMAND ${Python3_EXECUTABLE} ${generator} --data ${data} --service ${model} --print-input
                  OUTPUT_VARIABLE input OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(output ${CMAKE_BINARY_DIR}/shapes/${model}_model.cpp)
  add_custom_command(OUTPUT ${output}
                     COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/shapes
                     COMMAND ${Python3_EXECUTABLE} ${generator} --data ${data} --service ${model} --output ${output}
                     DEPENDS ${generator} ${input}
                     COMMENT "Shapes of ${model}" VERBATIM)
  list(APPEND BRUME_MODEL_SOURCES ${output})
endforeach()
