#error "Coordinator: this header of yours was overwritten by mistake by a stalled helper and has been removed. Write it again as you published it at 04:32 (API as in your task text)."
