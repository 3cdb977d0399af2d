/*
 * All programs in one file, as small systems do it: each name in /bin is a link to /bin/box, which looks
 * under what name it was called. The library is there once instead of thirty times.
 */
#include "box.h"
#include "library.h"

const struct box_entry box[] = {
    {"init", NULL, init_main},
    {"powerd", NULL, powerd_main},
    {"agent", NULL, agent_main},
    {"login", NULL, login_main},
    {"sh", NULL, shell_main},
    {"ls", "[DIRECTORY]", ls_main},
    {"cat", "[FILE...]", cat_main},
    {"echo", "[WORD...]   (with > or >> FILE: into a file)", echo_main},
    {"write", "FILE TEXT   writes one line at a file's beginning", write_main},
    {"rm", "FILE...", rm_main},
    {"mkdir", "DIRECTORY...", mkdir_main},
    {"sync", "writes what is in memory to the disk", sync_main},
    {"dd", "if=FILE of=FILE [bs=N] [count=N] [skip=N] [seek=N]", dd_main},
    {"ps", "processes", ps_main},
    {"kill", "PID...", kill_main},
    {"free", "memory", free_main},
    {"uptime", "", uptime_main},
    {"dmesg", "what the kernel said", dmesg_main},
    {"trace", "[on|off]   the stations of requests through the kernel", trace_main},
    {"sleep", "SECONDS", sleep_main},
    {"heartbeat", "[NAME]   prints once a second", heartbeat_main},
    {"ip", "[addr] | addr add ADDRESS/PREFIX [GATEWAY] | neigh", ip_main},
    {"ping", "[-c COUNT] ADDRESS", ping_main},
    {"udp", "send ADDRESS PORT TEXT | listen PORT", udp_main},
    {"dhcp", "asks the network for an address", dhcp_main},
    {"peek", "ADDRESS [WORDS]   reads physical memory", peek_main},
    {"poke", "ADDRESS VALUE   writes physical memory", poke_main},
    {"dma", "read|write ADDRESS SECTOR   lets the disk access physical memory", dma_main},
    {"hog", "takes the processor for ever", hog_main},
    {"sniff", "[COUNT]   shows every frame that arrives", sniff_main},
    {"spoof", "SOURCE-MAC DESTINATION-MAC [TEXT]   sends a frame in another's name", spoof_main},
    {"poweroff", "[-f]   -f: without writing what is in memory", poweroff_main},
    {"reboot", "[-f]", reboot_main},
    {"help", "this list", help_main},
    {NULL, NULL, NULL},
};

int main(int argc, char **argv) {
  for (const char *at = program_name = argv[0]; *at != 0; at++)
    if (*at == '/') program_name = at + 1;
  for (const struct box_entry *entry = box; entry->name != NULL; entry++)
    if (strcmp(entry->name, program_name) == 0) return entry->main(argc, argv);
  return fail("there is no such program in the box");
}
