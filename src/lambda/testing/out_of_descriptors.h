// For tests that leave a process without descriptors.
#pragma once

// Before it judges an object, UBSan tries with a pipe whether its memory can be read: without descriptors it takes every
// object for broken.
#ifdef __has_feature
#if __has_feature(undefined_behavior_sanitizer)
#define BRUME_CANNOT_RUN_OUT_OF_DESCRIPTORS
#endif
#endif
