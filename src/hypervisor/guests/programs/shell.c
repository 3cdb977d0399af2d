/* The shell: a line is a program with arguments, perhaps files for its input and output, perhaps `&`. No
 * pipes, no variables. */
#include "box.h"
#include "library.h"

struct command {
  char *argv[MAX_ARGUMENTS + 1];
  int argc;
  const char *input, *output;
  bool append, background;
  char words[320]; /* the text of all words, each with a 0 behind it */
  char *free;
};

static bool is_blank(char c) { return c == ' ' || c == '\t'; }
static bool is_special(char c) { return c == '<' || c == '>' || c == '&'; }

/* The next word of the line, quotes taken off, copied; NULL when there is none. */
static char *next_word(const char **line, struct command *command) {
  const char *at = *line;
  while (is_blank(*at)) at++;
  if (*at == 0 || is_special(*at)) {
    *line = at;
    return NULL;
  }
  char *word = command->free, quote = 0;
  for (; *at != 0 && (quote != 0 || (!is_blank(*at) && !is_special(*at))); at++) {
    if (*at == quote)
      quote = 0;
    else if (quote == 0 && (*at == '\'' || *at == '"'))
      quote = *at;
    else
      *command->free++ = *at;
  }
  *command->free++ = 0;
  *line = at;
  return word;
}

/* Why the line cannot be run; NULL when it can. */
static const char *parse(const char *line, struct command *command) {
  memset(command, 0, sizeof *command);
  command->free = command->words;
  for (const char *c = line; *c != 0; c++)
    if (strchr("|;$*`", *c) != NULL) return "pipes, ;, $, * and ` are not understood here";
  for (;;) {
    char *word = next_word(&line, command);
    if (word != NULL) {
      if (command->argc == MAX_ARGUMENTS) return "too many words";
      command->argv[command->argc++] = word;
      continue;
    }
    if (*line == 0) return NULL;
    char special = *line++;
    if (special == '&') {
      if (next_word(&line, command) != NULL || *line != 0) return "& is only understood at the end of a line";
      command->background = true;
      return NULL;
    }
    bool append = special == '>' && *line == '>';
    if (append) line++;
    word = next_word(&line, command);
    if (word == NULL) return "a file name is missing";
    if (special == '<')
      command->input = word;
    else
      command->output = word, command->append = append;
  }
}

static void redirect(const char *path, int flags, int fd) {
  if (path == NULL) return;
  int file = open(path, flags);
  if (file < 0) exit(fail_with(path, file));
  system_call(SYS_DUP2, (uint32_t)file, (uint32_t)fd, 0, 0, 0);
  close(file);
}

static void run_here(struct command *command) {
  char path[MAX_PATH] = "/bin/";
  redirect(command->input, O_RDONLY, 0);
  redirect(command->output, O_WRONLY | O_CREAT | (command->append ? O_APPEND : O_TRUNC), 1);
  if (strchr(command->argv[0], '/') != NULL)
    copy_text(path, command->argv[0], sizeof path);
  else
    copy_text(path + 5, command->argv[0], sizeof path - 5);
  int error = exec(path, command->argv);
  if (error == -ENOENT)
    fail("%s: command not found", command->argv[0]);
  else
    fail_with(command->argv[0], error);
  exit(127);
}

static void run(struct command *command) {
  int pid = fork();
  if (pid == 0) run_here(command);
  if (pid < 0) {
    fail_with("fork", pid);
    return;
  }
  if (command->background) {
    print("[%d]\n", pid);
    return;
  }
  int code = 0;
  system_call(SYS_FOREGROUND, (uint32_t)pid, 0, 0, 0, 0);
  while (wait_for(pid, &code) == -EINTR) continue;
  system_call(SYS_FOREGROUND, 0, 0, 0, 0, 0);
  if (code == 139) print("Segmentation fault\n");
}

/* Programs in the background that have ended are told of before the next prompt. */
static void bury_background(void) {
  int code, pid;
  while ((pid = system_call(SYS_WAIT, (uint32_t)-1, (uint32_t)&code, WAIT_NO_HANG, 0, 0)) > 0)
    print("[%d] ended, code %d\n", pid, code);
}

static int change_directory(const char *to) {
  int error = system_call(SYS_CHDIR, (uint32_t)to, 0, 0, 0, 0);
  return error == 0 ? 0 : fail_with(to, error);
}

int shell_main(int argc, char **argv) {
  static char line[256], directory[MAX_PATH];
  static struct command command;
  for (;;) {
    bury_background();
    system_call(SYS_GETCWD, (uint32_t)directory, 0, 0, 0, 0);
    print("%s:%s# ", argc > 1 ? argv[1] : "root@guest", directory[1] == 0 ? "~" : directory);
    int count = read(0, line, sizeof line - 1);
    if (count == 0) print("exit\n");
    if (count <= 0) return 0;
    line[line[count - 1] == '\n' ? count - 1 : count] = 0;
    const char *problem = parse(line, &command);
    if (problem != NULL) fail("%s", problem);
    if (problem != NULL || command.argc == 0) continue;
    if (strcmp(command.argv[0], "exit") == 0) return 0;
    if (strcmp(command.argv[0], "cd") == 0) {
      change_directory(command.argc > 1 ? command.argv[1] : "/");
      continue;
    }
    run(&command);
  }
}
