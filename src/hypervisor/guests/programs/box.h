/* The programs of the box; each main has its own file. */
#pragma once

typedef int program(int argc, char **argv);

program init_main, powerd_main, agent_main, login_main, shell_main; /* init.c, powerd.c, agent.c, … */
program ls_main, cat_main, echo_main, write_main, rm_main, mkdir_main, sync_main, dd_main; /* files.c, dd.c */
program ps_main, free_main, uptime_main, dmesg_main, trace_main, kill_main, sleep_main,
    heartbeat_main; /* system.c */
program poweroff_main, reboot_main, help_main;
program ping_main, ip_main, udp_main, dhcp_main;                          /* ping.c, ip.c, udp.c, dhcp.c */
program peek_main, poke_main, hog_main, dma_main, sniff_main, spoof_main; /* attacks/ */

struct box_entry {
  const char *name, *usage;
  program *main;
};

extern const struct box_entry box[];
