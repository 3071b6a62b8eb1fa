// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/child_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "schemas/model/error.hpp"

namespace descry {

ChildCommand::ChildCommand(const std::vector<std::string>& words) {
  int gate[2];
  if (pipe2(gate, O_CLOEXEC) != 0) throw Error(fmt::format("no pipe: {}", std::strerror(errno)));
  m_pid = fork();
  if (m_pid < 0) throw Error(fmt::format("{}: cannot be started: {}", words.front(), std::strerror(errno)));
  if (m_pid > 0) {
    close(gate[0]);
    m_gate = gate[1];
    return;
  }
  close(gate[1]);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) signal(number, SIG_DFL);
  char go = 0;
  if (read(gate[0], &go, 1) != 1) _exit(0);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments.front(), arguments.data());
  fmt::print(stderr, "descry: {}: {}\n", words.front(), std::strerror(errno));
  _exit(errno == ENOENT ? 127 : 126);
}

void ChildCommand::release() {
  const char go = 1;
  if (write(m_gate, &go, 1) != 1) throw Error("the command cannot be started");
  close(m_gate);
  m_gate = -1;
}

std::optional<int> ChildCommand::poll() {
  if (m_code || m_pid < 0) return m_code;
  int status = 0;
  if (waitpid(m_pid, &status, WNOHANG) != m_pid) return {};
  m_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return m_code;
}

ChildCommand::~ChildCommand() {
  if (m_gate < 0) return;
  close(m_gate);
  waitpid(m_pid, nullptr, 0);
}

}  // namespace descry
