# SPDX-License-Identifier: Apache-2.0
"""YAML with the places of what is wrong in it."""

from osc_lib import exceptions
import yaml

from osc_console_policy import answer

_MOST_PROBLEMS = 20
_NULL = 'tag:yaml.org,2002:null'


class Reader:
    """Reads nodes and collects what is wrong with them."""

    def __init__(self, name):
        self._name = name
        self._problems = []

    def root(self, content, max_bytes):
        """The node of the one document in `content`.

        :raises CommandError: it is not YAML
        """
        if len(content) > max_bytes:
            raise exceptions.CommandError(
                '%s: longer than %d bytes' % (self._name, max_bytes))
        try:
            # Not the C loader: deep nesting overflows its stack.
            node = yaml.compose(content, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise exceptions.CommandError('%s: %s' % (
                self._place(mark), error.problem or error.context))
        except (yaml.YAMLError, RecursionError) as error:
            raise exceptions.CommandError('%s: not YAML: %s' % (
                self._name, answer.plain(error)))
        if node is None:
            raise exceptions.CommandError('%s: it is empty' % self._name)
        return node

    def wrong(self, node, problem):
        """Note that something is wrong with `node`."""
        mark = node.start_mark
        self._problems.append((mark.line, mark.column, problem))

    def finish(self):
        """Return if nothing is wrong.

        :raises CommandError: with a line for each problem
        """
        if not self._problems:
            return
        problems = sorted(self._problems)
        lines = ['%s:%d:%d: %s' % (self._name, line + 1, column + 1,
                                   answer.plain(problem))
                 for line, column, problem in problems[:_MOST_PROBLEMS]]
        if len(problems) > _MOST_PROBLEMS:
            lines.append('and %d more' % (len(problems) - _MOST_PROBLEMS))
        raise exceptions.CommandError('\n'.join(lines))

    def place(self, node):
        """file:line:column of `node`."""
        return self._place(node.start_mark)

    def mapping(self, node, allowed, required):
        """The value nodes of a mapping by key, with known keys only."""
        if not isinstance(node, yaml.MappingNode):
            self.wrong(node, 'a mapping is wanted, with %s'
                       % ', '.join(allowed))
            return {}
        found = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.wrong(key, 'a key that is no text: one of %s is wanted'
                           % ', '.join(allowed))
                continue
            name = key.value
            if name not in allowed:
                self.wrong(key, 'unknown key %s: one of %s is wanted' % (
                    name, ', '.join(allowed)))
            elif name in found:
                self.wrong(key, '%s: stands there twice' % name)
            else:
                found[name] = value
        for name in required:
            if name not in found:
                self.wrong(node, '%s: is missing' % name)
        return found

    def sequence(self, node):
        """The nodes of a list; none for what is left out or null."""
        if isinstance(node, yaml.SequenceNode):
            return node.value
        if node is not None and node.tag != _NULL:
            self.wrong(node, 'a list is wanted')
        return []

    def text(self, node):
        """The text of a scalar as it is written, None for null.

        As it is written: an id that consists of digits is no number here.
        """
        if not isinstance(node, yaml.ScalarNode):
            self.wrong(node, 'a text is wanted')
            return None
        return None if node.tag == _NULL else node.value

    def _place(self, mark):
        return '%s:%d:%d' % (self._name, mark.line + 1, mark.column + 1)
