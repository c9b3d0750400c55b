// What an ended command leaves in a sandbox that outlives it, /tmp apart: System V segments, queues and semaphores, whose
// memory would count against the next one's limit.
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "sandbox_launcher/spec.h"

namespace brume::sandbox_launcher {

namespace {

// Answers with the id of what stands at an index of the kernel's, whatever may be read of it; since Linux 4.17.
constexpr int kShmStatAny = 15, kMsgStatAny = 13, kSemStatAny = 20;

}  // namespace

void remove_leftovers() {
  shm_info segments{};
  const int segments_end = ::shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&segments));
  for (int index = 0; index <= segments_end; ++index) {
    shmid_ds info{};
    if (const int id = ::shmctl(index, kShmStatAny, &info); id >= 0) ::shmctl(id, IPC_RMID, nullptr);
  }
  msginfo queues{};
  const int queues_end = ::msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&queues));
  for (int index = 0; index <= queues_end; ++index) {
    msqid_ds info{};
    if (const int id = ::msgctl(index, kMsgStatAny, &info); id >= 0) ::msgctl(id, IPC_RMID, nullptr);
  }
  seminfo semaphores{};
  const int semaphores_end = ::semctl(0, 0, SEM_INFO, &semaphores);
  for (int index = 0; index <= semaphores_end; ++index) {
    semid_ds info{};
    if (const int id = ::semctl(index, 0, kSemStatAny, &info); id >= 0) ::semctl(id, 0, IPC_RMID);
  }
}

}  // namespace brume::sandbox_launcher
